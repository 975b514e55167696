(** ADOPT without replacement can go to the wrong end.

    n components with constant gradients: one +C, the others -1, C < n - 1, on
    [-1, 1]; the sum decreases, so its minimiser is +1.  A positive drift (the sum
    of g_t / s_(t-1) over an epoch; theta moves by -alpha times it) is wrong. *)
From Coq Require Import Reals Lra Psatz List ZArith.
From ADOPT Require Import FiniteSum.
Import ListNotations.
Open Scope R_scope.

(** *** n = 3, C = 19/10, beta2 = 0, eps <= 1: the drifts, exactly.
    With beta2 = 0, s_(t-1) = max(|g_(t-1)|, eps). *)
Definition drift_after (eps : R) := fix go (previous : R) (epoch : list R) : R :=
  match epoch with [] => 0 | g :: rest => g / Rmax (Rabs previous) eps + go g rest end.

Definition g_up := 19 / 10.
Definition g_down := -1.

Lemma normaliser_up eps : eps <= 1 -> Rmax (Rabs g_up) eps = 19 / 10.
Proof. intro H. unfold g_up. rewrite Rabs_right, Rmax_left; lra. Qed.
Lemma normaliser_down eps : eps <= 1 -> Rmax (Rabs g_down) eps = 1.
Proof. intro H. unfold g_down. rewrite Rabs_left, Rmax_left; lra. Qed.

Theorem drift_fixed_order eps : eps <= 1 -> drift_after eps g_down [g_up; g_down; g_down] = 71 / 190.
Proof. intro H. simpl. rewrite !normaliser_up, !normaliser_down by exact H. unfold g_up, g_down. field. Qed.

(** Reshuffled: the six orders are equally likely, and so are the three components
    that may have ended the epoch before. *)
Definition orders (a b c : R) : list (list R) := [[a; b; c]; [a; c; b]; [b; a; c]; [b; c; a]; [c; a; b]; [c; b; a]].
Definition mean_drift eps : R :=
  lsum [g_up; g_down; g_down] (fun last => / 3 * lsum (orders g_up g_down g_down) (fun epoch => / 6 * drift_after eps last epoch)).

Theorem drift_reshuffled eps : eps <= 1 -> mean_drift eps = 21 / 95.
Proof.
  intro H. unfold mean_drift, orders. simpl. rewrite !normaliser_up, !normaliser_down by exact H. unfold g_up, g_down. field.
Qed.

(** *** From drift to the wrong limit: projected ADOPT (beta1 = beta2 = 0), fixed order *)
Definition project (x : R) : R := Rmax (-1) (Rmin 1 x).

Section FixedOrder.
Variables (alpha eps theta0 : R).
Hypothesis Ha : 0 < alpha <= 1.
Hypothesis He : 0 < eps <= 1.
Hypothesis H0 : -1 <= theta0 <= 1.

(** The component drawn at time t: +C at t = 1, 4, 7, ... *)
Definition gradient (t : nat) : R := match Nat.modulo t 3 with 1%nat => g_up | _ => g_down end.

(** (theta_t, v_t) with v_t = beta2 v_(t-1) + (1 - beta2) g_t^2, beta2 = 0 *)
Fixpoint iterate (t : nat) : R * R :=
  match t with
  | O => (theta0, gradient 0 ^ 2)
  | S t' => let '(theta, v) := iterate t' in
            (project (theta - alpha * (gradient t / Rmax (sqrt v) eps)), 0 * v + (1 - 0) * gradient t ^ 2)
  end.
Definition theta (t : nat) : R := fst (iterate t).

Lemma gradient_mod k j : gradient (k * 3 + j) = gradient j.
Proof. unfold gradient. rewrite Nat.add_comm, Nat.mod_add by discriminate. reflexivity. Qed.

Lemma v_value t : snd (iterate t) = gradient t ^ 2.
Proof. destruct t as [|t]; [reflexivity|]. simpl. destruct (iterate t). simpl. ring. Qed.

Lemma theta_step t : theta (S t) = project (theta t - alpha * (gradient (S t) / Rmax (Rabs (gradient t)) eps)).
Proof.
  unfold theta. simpl iterate. pose proof (v_value t) as V. destruct (iterate t) as [x v]. simpl in V |- *.
  rewrite V. replace (gradient t * (gradient t * 1)) with (Rsqr (gradient t)) by (unfold Rsqr; ring).
  rewrite sqrt_Rsqr_abs. reflexivity.
Qed.

Lemma project_range x : -1 <= project x <= 1.
Proof. unfold project, Rmax, Rmin. repeat destruct (Rle_dec _ _); lra. Qed.

Lemma theta_range t : -1 <= theta t <= 1.
Proof. destruct t; [exact H0|]. rewrite theta_step. apply project_range. Qed.

(** One epoch: down by 71/190 alpha, or to within 29/19 alpha of -1. *)
Lemma epoch k : theta (3 * S k) <= Rmax (theta (3 * k) - 71 / 190 * alpha) (-1 + 29 / 19 * alpha).
Proof.
  replace (3 * S k)%nat with (S (S (S (3 * k)))) by lia. rewrite !theta_step.
  replace (S (S (S (3 * k)))) with (k * 3 + 3)%nat by lia. replace (S (S (3 * k))) with (k * 3 + 2)%nat by lia.
  replace (S (3 * k)) with (k * 3 + 1)%nat by lia. replace (3 * k)%nat with (k * 3 + 0)%nat by lia.
  rewrite !gradient_mod. change (gradient 0) with g_down. change (gradient 1) with g_up.
  change (gradient 2) with g_down. change (gradient 3) with g_down.
  rewrite !normaliser_up, !normaliser_down by apply He. unfold g_up, g_down.
  pose proof (theta_range (k * 3 + 0)) as R. set (x := theta (k * 3 + 0)) in *.
  unfold project, Rmax, Rmin. repeat destruct (Rle_dec _ _); lra.
Qed.

Theorem wrong_end k : theta (3 * k) <= Rmax (1 - INR k * (71 / 190 * alpha)) (-1 + 29 / 19 * alpha).
Proof.
  induction k as [|k IH].
  - eapply Rle_trans; [apply theta_range|]. simpl. rewrite Rmult_0_l, Rminus_0_r. apply Rmax_l.
  - eapply Rle_trans; [apply epoch|]. rewrite S_INR. set (a := INR k) in *.
    assert (0 <= 71 / 190 * alpha) by lra. revert IH. unfold Rmax. repeat destruct (Rle_dec _ _); lra.
Qed.

Lemma archimed_nat x : exists K, x < INR K.
Proof.
  destruct (archimed x) as [H _]. exists (Z.to_nat (Z.max 0 (Rdefinitions.up x))).
  rewrite INR_IZR_INZ, Z2Nat.id by lia. eapply Rlt_le_trans; [exact H|apply IZR_le; lia].
Qed.

(** The iterates stay within 29/19 alpha of the maximiser -1 from some time on; the
    sum of the components, -theta/10, has its minimum over [-1, 1] at +1. *)
Theorem adopt_without_replacement_diverges :
  (exists K, forall k, (K <= k)%nat -> theta (3 * k) <= -1 + 29 / 19 * alpha)
  /\ (forall x, -1 <= x <= 1 -> (g_up + g_down + g_down) * 1 <= (g_up + g_down + g_down) * x).
Proof.
  split.
  - destruct (archimed_nat (2 / (71 / 190 * alpha))) as [K HK]. exists K. intros k Hk.
    eapply Rle_trans; [apply wrong_end|]. apply Rmax_lub; [|lra].
    assert (Pd : 0 < 71 / 190 * alpha) by lra.
    assert (B : 2 <= INR k * (71 / 190 * alpha)).
    { apply Rle_trans with (2 / (71 / 190 * alpha) * (71 / 190 * alpha)); [right; field; lra|].
      apply Rmult_le_compat_r; [lra|]. apply Rle_trans with (INR K); [lra|apply le_INR, Hk]. }
    lra.
  - intros x Hx. unfold g_up, g_down. lra.
Qed.

End FixedOrder.

(** *** Every n >= 3 and beta2 in [0, 1), fixed order, C close to n - 1 *)
Section Cycle.
Variables (n : nat) (b C : R).
Hypothesis Hn : (3 <= n)%nat.
Hypothesis Hb : 0 <= b < 1.

(** v after +C, exceeding 1 by X; then v - 1 shrinks by b at each -1: before the
    j-th -1 it is b^j X, and before +C it is b^(n-1) X. *)
Definition excess : R := (1 - b) * (C ^ 2 - 1) / (1 - b ^ n).
Definition v_before_down (j : nat) : R := 1 + b ^ j * excess.
Definition v_before_up : R := 1 + b ^ (n - 1) * excess.

(** These are the values of a cycle of the recursion v' = b v + (1 - b) g^2. *)
Lemma cycle_closed : b * v_before_up + (1 - b) * C ^ 2 = v_before_down 0
  /\ (forall j, b * v_before_down j + (1 - b) * 1 ^ 2 = v_before_down (S j)) /\ v_before_down (n - 1) = v_before_up.
Proof.
  assert (E : b ^ n = b * b ^ (n - 1)) by (replace n with (S (n - 1)) at 1 by lia; reflexivity).
  assert (P : b * b ^ (n - 1) < 1).
  { assert (0 <= b ^ (n - 1) <= 1).
    { split; [apply pow_le; lra|]. rewrite <- (pow1 (n - 1)). apply pow_incr. lra. } nra. }
  split; [|split].
  - unfold v_before_up, v_before_down, excess. rewrite E, pow_O. field. lra.
  - intro j. unfold v_before_down. simpl. ring.
  - reflexivity.
Qed.

(** Drift of the cycle: +C first, then n - 1 times -1 (eps <= 1 <= sqrt v plays no part). *)
Definition cycle_drift : R := C / sqrt v_before_up - nsum (fun j => / sqrt (v_before_down j)) (n - 1).

Lemma pow_b_range j : 0 <= b ^ j <= 1.
Proof. split; [apply pow_le; lra|]. rewrite <- (pow1 j). apply pow_incr. lra. Qed.

Lemma pow_b_mono j k : (j <= k)%nat -> b ^ k <= b ^ j.
Proof.
  intro H. replace k with (j + (k - j))%nat by lia. rewrite pow_add.
  pose proof (pow_b_range j). pose proof (pow_b_range (k - j)). nra.
Qed.

Lemma drift_lower : 0 <= excess ->
  (C - INR n + 2) / sqrt v_before_up - / sqrt (1 + excess) <= cycle_drift.
Proof.
  intro HX. unfold cycle_drift. set (m := (n - 2)%nat).
  assert (En : INR n = INR m + 2).
  { replace n with (S (S m)) at 1 by (unfold m; lia). rewrite !S_INR. ring. }
  replace (nsum (fun j => / sqrt (v_before_down j)) (n - 1)) with (nsum (fun j => / sqrt (v_before_down j)) (S m))
    by (f_equal; unfold m; lia).
  rewrite nsum_S. replace (v_before_down 0) with (1 + excess) by (unfold v_before_down; simpl; ring).
  assert (Pu : 1 <= v_before_up).
  { unfold v_before_up. pose proof (pow_b_range (n - 1)). assert (0 <= b ^ (n - 1) * excess) by (apply Rmult_le_pos; lra). lra. }
  assert (B : nsum (fun j => / sqrt (v_before_down (S j))) m <= INR m * / sqrt v_before_up).
  { rewrite <- nsum_const. apply nsum_le; intros j Hj. apply Rinv_le_contravar; [apply sqrt_lt_R0; lra|].
    apply sqrt_le_1_alt. unfold v_before_up, v_before_down. apply Rplus_le_compat_l, Rmult_le_compat_r; [exact HX|].
    apply pow_b_mono. unfold m in Hj. lia. }
  rewrite En. unfold Rdiv. lra.
Qed.

End Cycle.

Theorem drift_wrong_near_balance n b : (3 <= n)%nat -> 0 <= b < 1 ->
  exists C0, C0 < INR n - 1 /\ forall C, C0 < C < INR n - 1 -> 0 < cycle_drift n b C.
Proof.
  intros Hn Hb. assert (N3 : 3 <= INR n) by (apply (le_INR 3) in Hn; simpl in Hn; lra).
  assert (Pn1 : 0 <= b ^ (n - 1) < 1).
  { split; [apply pow_le; lra|]. replace (n - 1)%nat with (S (n - 2)) by lia. simpl.
    pose proof (pow_b_range b Hb (n - 2)). nra. }
  assert (Pn : 0 <= b ^ n < 1).
  { split; [apply pow_le; lra|]. replace n with (S (n - 1)) by lia. simpl. nra. }
  (* the excess at C = n - 3/2, and the ratio of the extreme v there *)
  set (X0 := excess n b (INR n - 3 / 2)). set (q := b ^ (n - 1)) in *.
  assert (PX0 : 0 < X0).
  { unfold X0, excess. apply Rdiv_lt_0_compat; [|lra]. apply Rmult_lt_0_compat; [lra|]. nra. }
  set (r := (1 + q * X0) / (1 + X0)).
  assert (Hr : 0 <= r < 1).
  { split; [apply Rmult_le_pos; [nra|left; apply Rinv_0_lt_compat; lra]|].
    apply Rmult_lt_reg_r with (1 + X0); [lra|]. unfold r, Rdiv. rewrite Rmult_assoc, Rinv_l by lra. nra. }
  assert (Hs : 0 <= sqrt r < 1).
  { split; [apply sqrt_pos|]. rewrite <- sqrt_1. apply sqrt_lt_1_alt. lra. }
  exists (Rmax (INR n - 3 / 2) (INR n - 2 + sqrt r)). split; [apply Rmax_lub_lt; lra|].
  intros C [HC1 HC2].
  assert (C1 : INR n - 3 / 2 < C) by (eapply Rle_lt_trans; [apply Rmax_l|exact HC1]).
  assert (C2 : INR n - 2 + sqrt r < C) by (eapply Rle_lt_trans; [apply Rmax_r|exact HC1]).
  assert (HX : X0 <= excess n b C).
  { unfold X0, excess, Rdiv. apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat; lra|].
    apply Rmult_le_compat_l; [lra|]. nra. }
  set (X := excess n b C) in *.
  eapply Rlt_le_trans; [|apply (drift_lower n b C Hn Hb); unfold X in HX; lra]. fold X.
  unfold v_before_up. fold X q.
  assert (PV : 0 < 1 + q * X) by nra.
  (* sqrt (1 + q X) <= sqrt r sqrt (1 + X) *)
  assert (K : sqrt (1 + q * X) <= sqrt r * sqrt (1 + X)).
  { rewrite <- sqrt_mult by lra. apply sqrt_le_1_alt. unfold r.
    apply Rmult_le_reg_r with (1 + X0); [lra|].
    replace ((1 + q * X0) / (1 + X0) * (1 + X) * (1 + X0)) with ((1 + q * X0) * (1 + X)) by (field; lra).
    assert (0 <= (1 - q) * (X - X0)) by (apply Rmult_le_pos; lra). nra. }
  assert (S1 : 0 < sqrt (1 + q * X)) by (apply sqrt_lt_R0, PV).
  assert (S2 : 0 < sqrt (1 + X)) by (apply sqrt_lt_R0; lra).
  assert (sqrt (1 + q * X) < (C - INR n + 2) * sqrt (1 + X)).
  { eapply Rle_lt_trans; [exact K|]. apply Rmult_lt_compat_r; lra. }
  apply Rmult_lt_reg_r with (sqrt (1 + q * X) * sqrt (1 + X)); [apply Rmult_lt_0_compat; assumption|].
  replace (((C - INR n + 2) / sqrt (1 + q * X) - / sqrt (1 + X)) * (sqrt (1 + q * X) * sqrt (1 + X)))
    with ((C - INR n + 2) * sqrt (1 + X) - sqrt (1 + q * X)) by (field; lra). lra.
Qed.

(** *** Every n >= 3 and beta2 in [0, 1), reshuffled, C close to n - 1
    In a random order +C stands at each of the n places with probability 1/n, and the
    others are alike.  The drift of the next epoch is wrong from every v that can occur. *)
Section Reshuffled.
Variables (n : nat) (b C v0 : R).

(** v before the i-th gradient of the epoch, +C being the j-th (both from 0). *)
Fixpoint v_at (j i : nat) : R :=
  match i with
  | O => v0
  | S i' => b * v_at j i' + (1 - b) * (if Nat.eqb i' j then C ^ 2 else (-1) ^ 2)
  end.
Definition order_drift (j : nat) : R := nsum (fun i => (if Nat.eqb i j then C else -1) / sqrt (v_at j i)) n.
Definition reshuffled_drift : R := / INR n * nsum order_drift n.

Hypothesis Hn : (3 <= n)%nat.
Hypothesis Hb : 0 <= b < 1.
Hypothesis HC : INR n - 3 / 2 <= C <= INR n - 1.
Hypothesis Hv : 1 <= v0 <= (INR n - 1) ^ 2.

(** what v would be without +C, and 1 / sqrt of it *)
Definition v_plain (i : nat) : R := 1 + b ^ i * (v0 - 1).
Definition phi (i : nat) : R := / sqrt (v_plain i).

Lemma n_at_least : 3 <= INR n.
Proof. clear HC Hv. apply (le_INR 3) in Hn. simpl in Hn. lra. Qed.

Lemma C_square : 1 < C ^ 2.
Proof. pose proof n_at_least. nra. Qed.

Lemma v_plain_range i : 1 <= v_plain i <= (INR n - 1) ^ 2.
Proof. unfold v_plain. pose proof (pow_b_range b Hb i). nra. Qed.

Lemma v_before j i : (i <= j)%nat -> v_at j i = v_plain i.
Proof.
  unfold v_plain. induction i as [|i IH]; intro H; [simpl; ring|]. cbn [v_at]. rewrite IH by lia.
  destruct (Nat.eqb_spec i j) as [E|_]; [lia|]. simpl pow. ring.
Qed.

Lemma v_at_least j i : v_plain i <= v_at j i.
Proof.
  unfold v_plain. induction i as [|i IH]; [simpl; lra|]. cbn [v_at]. pose proof C_square.
  apply Rmult_le_compat_l with (r := b) in IH; [|lra].
  assert (1 <= (if Nat.eqb i j then C ^ 2 else (-1) ^ 2)) by (destruct (Nat.eqb i j); lra).
  simpl pow in *. nra.
Qed.

Lemma phi_range i : 0 < phi i <= 1.
Proof.
  pose proof (v_plain_range i). unfold phi. split; [apply Rinv_0_lt_compat, sqrt_lt_R0; lra|].
  rewrite <- Rinv_1. apply Rinv_le_contravar; [lra|]. rewrite <- sqrt_1 at 1. apply sqrt_le_1_alt. lra.
Qed.

Lemma term_lower j i : (if Nat.eqb i j then C + 1 else 0) * phi i - phi i
  <= (if Nat.eqb i j then C else -1) / sqrt (v_at j i).
Proof.
  pose proof (v_plain_range i) as R. destruct (Nat.eqb_spec i j) as [E|_].
  - rewrite v_before by lia. unfold phi, Rdiv. right. ring.
  - assert (/ sqrt (v_at j i) <= phi i); [|unfold Rdiv; lra].
    apply Rinv_le_contravar; [apply sqrt_lt_R0; lra|apply sqrt_le_1_alt, v_at_least].
Qed.

(** The gain of the second place when +C stands at the first. *)
Definition least_jump : R := (1 - b) * ((INR n - 3 / 2) ^ 2 - 1).
Definition gain : R := least_jump / (2 * (INR n - 1) * ((INR n - 1) ^ 2 + least_jump)).

Lemma least_jump_pos : 0 < least_jump.
Proof. clear HC Hv. pose proof n_at_least. apply Rmult_lt_0_compat; nra. Qed.

Lemma gain_pos : 0 < gain.
Proof.
  clear HC Hv. pose proof n_at_least. pose proof least_jump_pos. apply Rdiv_lt_0_compat; [assumption|].
  apply Rmult_lt_0_compat; [lra|]. pose proof (pow2_ge_0 (INR n - 1)). lra.
Qed.

(** 1/sqrt p - 1/sqrt (p + k) = k / (sqrt p sqrt (p + k) (sqrt p + sqrt (p + k))), which falls with p and grows with k *)
Lemma jump_gain p k : 1 <= p <= (INR n - 1) ^ 2 -> least_jump <= k -> gain <= / sqrt p - / sqrt (p + k).
Proof.
  intros Hp Hk. pose proof n_at_least as N. pose proof least_jump_pos as PK. set (Y := INR n - 1) in *. set (K := least_jump) in *.
  apply Rle_trans with (/ sqrt p - / sqrt (p + K)).
  2:{ apply Rplus_le_compat_l, Ropp_le_contravar. apply Rinv_le_contravar; [apply sqrt_lt_R0; lra|apply sqrt_le_1_alt; lra]. }
  set (x := sqrt p). set (y := sqrt (p + K)).
  assert (Px : 0 < x) by (apply sqrt_lt_R0; lra). assert (Ex : x ^ 2 = p) by (apply pow2_sqrt; lra).
  assert (Ey : y ^ 2 = p + K) by (apply pow2_sqrt; lra). assert (Hxy : x <= y) by (apply sqrt_le_1_alt; lra).
  assert (HxY : x <= Y). { unfold x. rewrite <- (sqrt_pow2 Y) by (unfold Y; lra). apply sqrt_le_1_alt. lra. }
  replace (/ x - / y) with (K / (x * y * (x + y))).
  2:{ replace K with (y ^ 2 - x ^ 2) by lra. field. repeat split; lra. }
  unfold gain. fold K Y. unfold Rdiv. apply Rmult_le_compat_l; [lra|]. apply Rinv_le_contravar.
  - repeat apply Rmult_lt_0_compat; lra.
  - apply Rle_trans with (x * (2 * y ^ 2)).
    { rewrite Rmult_assoc. apply Rmult_le_compat_l; [lra|]. nra. }
    rewrite Ey.
    apply Rle_trans with (Y * (2 * (p + K))); [apply Rmult_le_compat_r; lra|]. nra.
Qed.

Lemma order_lower j : (j < n)%nat -> (C + 1) * phi j - nsum phi n <= order_drift j.
Proof.
  intro Hj. assert (E : (C + 1) * phi j - nsum phi n = nsum (fun i => (if Nat.eqb i j then C + 1 else 0) * phi i + - 1 * phi i) n).
  { rewrite nsum_plus, nsum_scal. assert (S1 : nsum (fun i => (if Nat.eqb i j then C + 1 else 0) * phi i) n = (C + 1) * phi j); [|rewrite S1; ring].
    clear - Hj. induction n as [|m IH]; [lia|]. cbn [nsum]. destruct (Nat.eq_dec j m) as [->|N].
    - rewrite Nat.eqb_refl. rewrite (nsum_ext _ (fun _ => 0)); [rewrite nsum_const; ring|].
      intros i Hi. destruct (Nat.eqb_spec i m); [lia|ring].
    - rewrite IH by lia. destruct (Nat.eqb_spec m j); [lia|ring]. }
  rewrite E. apply nsum_le; intros i _. pose proof (term_lower j i). lra.
Qed.

Lemma first_order_lower : (C + 1) * phi 0 - nsum phi n + gain <= order_drift 0.
Proof.
  assert (Hsum : forall (u w : nat -> R) m d, (2 <= m)%nat -> (forall i, u i <= w i) -> u 1%nat + d <= w 1%nat -> nsum u m + d <= nsum w m).
  { intros u w m d Hm H H1. induction m as [|m IH]; [lia|]. cbn [nsum]. pose proof (H m). destruct (Nat.eq_dec m 1) as [->|N].
    - cbn [nsum]. pose proof (H O). lra.
    - specialize (IH ltac:(lia)). lra. }
  assert (E : (C + 1) * phi 0 - nsum phi n = nsum (fun i => (if Nat.eqb i 0 then C + 1 else 0) * phi i - phi i) n).
  { clear - Hn. destruct n as [|m]; [lia|]. rewrite (nsum_S (fun i => _ * phi i - phi i)), (nsum_S phi).
    assert (R : nsum (fun i => (if Nat.eqb (S i) 0 then C + 1 else 0) * phi (S i) - phi (S i)) m = -1 * nsum (fun i => phi (S i)) m)
      by (rewrite <- nsum_scal; apply nsum_ext; intros; simpl; ring).
    rewrite R. simpl. ring. }
  rewrite E. apply Hsum; [lia|intro i; apply term_lower|]. pose proof C_square as HC2. pose proof n_at_least.
  assert (V1 : v_at 0 1 = v_plain 1 + (1 - b) * (C ^ 2 - 1)) by (unfold v_plain; simpl; ring).
  assert (HJ : least_jump <= (1 - b) * (C ^ 2 - 1)).
  { unfold least_jump. apply Rmult_le_compat_l; [lra|]. apply Rplus_le_compat_r. apply pow_incr. lra. }
  pose proof (jump_gain (v_plain 1) ((1 - b) * (C ^ 2 - 1)) (v_plain_range 1) HJ) as J. rewrite <- V1 in J.
  cbn [Nat.eqb]. unfold phi at 2, Rdiv. lra.
Qed.

Lemma reshuffled_lower : (C - (INR n - 1)) + gain / INR n <= reshuffled_drift.
Proof.
  pose proof n_at_least as N. unfold reshuffled_drift. set (F := nsum phi n).
  assert (S1 : nsum (fun j => (C + 1) * phi j - F) n + gain <= nsum order_drift n).
  { assert (Hsum : forall (u w : nat -> R) m, (1 <= m <= n)%nat -> (forall j, (j < n)%nat -> u j <= w j) -> u O + gain <= w O ->
      nsum u m + gain <= nsum w m).
    { intros u w m Hm H H0. induction m as [|m IH]; [lia|]. cbn [nsum]. destruct (Nat.eq_dec m 0) as [->|NZ]; [cbn [nsum]; lra|].
      specialize (IH ltac:(lia)). pose proof (H m ltac:(lia)). lra. }
    apply Hsum; [lia|exact order_lower|exact first_order_lower]. }
  assert (E : nsum (fun j => (C + 1) * phi j - F) n = (C - (INR n - 1)) * F).
  { rewrite (nsum_ext _ (fun j => (C + 1) * phi j + - F)) by (intros; ring). rewrite nsum_plus, nsum_scal, nsum_const. fold F. ring. }
  rewrite E in S1.
  assert (HF : F <= INR n).
  { unfold F. rewrite <- (Rmult_1_r (INR n)), <- nsum_const. apply nsum_le; intros i _. apply phi_range. }
  apply Rmult_le_reg_l with (INR n); [lra|]. rewrite <- Rmult_assoc, Rinv_r, Rmult_1_l by lra.
  replace (INR n * (C - (INR n - 1) + gain / INR n)) with ((C - (INR n - 1)) * INR n + gain) by (field; lra).
  assert (0 <= (INR n - 1 - C) * (INR n - F)) by (apply Rmult_le_pos; lra). lra.
Qed.
End Reshuffled.

Theorem reshuffled_drift_wrong_near_balance n b : (3 <= n)%nat -> 0 <= b < 1 ->
  exists C0, C0 < INR n - 1 /\ forall C v0, C0 < C < INR n - 1 -> 1 <= v0 <= (INR n - 1) ^ 2 -> 0 < reshuffled_drift n b C v0.
Proof.
  intros Hn Hb. assert (N : 3 <= INR n) by exact (n_at_least n Hn). pose proof (gain_pos n b Hn Hb) as G.
  assert (Q : 0 < gain n b / INR n) by (apply Rdiv_lt_0_compat; lra).
  exists (Rmax (INR n - 3 / 2) (INR n - 1 - gain n b / INR n)). split; [apply Rmax_lub_lt; lra|].
  intros C v0 [HC1 HC2] Hv.
  assert (C1 : INR n - 3 / 2 < C) by (eapply Rle_lt_trans; [apply Rmax_l|exact HC1]).
  assert (C2 : INR n - 1 - gain n b / INR n < C) by (eapply Rle_lt_trans; [apply Rmax_r|exact HC1]).
  eapply Rlt_le_trans; [|apply (reshuffled_lower n b C v0 Hn Hb); lra]. lra.
Qed.
