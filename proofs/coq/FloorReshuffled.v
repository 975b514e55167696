(** Without replacement: ADOPT and RMSprop on Huber's function whose offsets are dealt
    in epochs, a fresh order each time.  One epoch's mean direction at the minimiser is
    biased from every second moment, so the average gradient stays above a floor.

    f is Huber's function with threshold X + 1, theta_0 = 1.  The order drawn for an
    epoch is a symbol k of weight p k; its i-th offset, i < n, is [offset k i]. *)
From Coq Require Import Reals Lra Psatz List.
From ADOPT Require Import FiniteSum Holder Space Paths Floor FloorNormaliser.
Import ListNotations.
Open Scope R_scope.

Section Dealt.
Context {K : Type}.
Variables (ks : list K) (p : K -> R) (n : nat) (offset : K -> nat -> R) (v0 : K -> R).
(** [own]: the normaliser is made with g_t itself (RMSprop), else with the gradients before it (ADOPT).
    [lead] = 0 when g_0 opens the first epoch, n - 1 when g_1 opens the second. *)
Variables (own : bool) (lead : nat) (f : form) (eps X al b1 b2 : R) (T : nat).
Notation D := (normaliser f eps).
Definition largest_gradient : R := 2 * X + 1.
Notation B := largest_gradient.
Notation U := (B / eps).

Definition deal (t : nat) (xi : nat -> K) : R := offset (xi ((t + lead) / n)%nat) ((t + lead) mod n).

(** (theta_t, m_t, v_t); v_0 comes from the first order *)
Fixpoint run (t : nat) (xi : nat -> K) : R * R * R :=
  match t with
  | O => (1, 0, v0 (xi O))
  | S t' =>
      let '(theta, m, v) := run t' xi in
      let g := slope (X + 1) theta + deal t xi in
      let v' := b2 * v + (1 - b2) * g ^ 2 in
      let m' := b1 * m + (1 - b1) * (g / D (if own then v' else v)) in
      (theta - al * m', m', v')
  end.
Definition theta (t : nat) (xi : nat -> K) : R := fst (fst (run t xi)).
(** f'(theta_t) *)
Definition gradient (t : nat) (xi : nat -> K) : R := slope (X + 1) (theta t xi).

(** One epoch at the minimiser: the second moment before its i-th draw, and the mean of its directions' sum. *)
Fixpoint frozen (k : K) (v : R) (i : nat) : R :=
  match i with O => v | S i' => b2 * frozen k v i' + (1 - b2) * offset k i' ^ 2 end.
Definition frozen_direction (k : K) (v : R) (i : nat) : R := offset k i / D (frozen k v (if own then S i else i)).
Definition epoch_drift (v : R) : R := lsum ks (fun k => p k * nsum (frozen_direction k v) n).

Hypothesis p_nonneg : forall x, 0 <= p x.
Hypothesis p_sum : lsum ks p = 1.
Hypothesis Hn : (1 <= n)%nat.
Hypothesis Hlead : (lead < n)%nat.
Hypothesis Hoff : forall x i, Rabs (offset x i) <= X.
Hypothesis Hv0 : forall x, 0 <= v0 x <= B ^ 2.
Hypothesis He : 0 < eps.
Hypothesis Hal : 0 < al.
Hypothesis Hb1 : 0 <= b1 < 1.
Hypothesis Hb2 : 0 <= b2 < 1.
Hypothesis HT : (1 <= T)%nat.

(** One draw for each epoch that the T steps meet. *)
Definition epochs : nat := ((T + lead) / n)%nat.
Definition orders_drawn : space := paths ks (fun _ => p) epochs (fun _ => p_nonneg) (fun _ => p_sum).

Definition moment (t : nat) (xi : nat -> K) : R := snd (fst (run t xi)).
Definition second (t : nat) (xi : nat -> K) : R := snd (run t xi).
(** g_t and a_t; nothing at t = 0 *)
Definition input (t : nat) (xi : nat -> K) : R := gradient (pred t) xi + deal t xi.
Definition scaled (t : nat) (xi : nat -> K) : R := input t xi / D (second (if own then t else pred t) xi).

Lemma theta_step t xi : theta (S t) xi = theta t xi - al * moment (S t) xi.
Proof. unfold theta, moment. cbn [run]. destruct (run t xi) as [[x m] v]. reflexivity. Qed.
Lemma moment_step t xi : moment (S t) xi = b1 * moment t xi + (1 - b1) * scaled (S t) xi.
Proof.
  unfold moment, scaled, input, gradient, theta, second. destruct own eqn:E; cbn [run pred]; rewrite ?E; destruct (run t xi) as [[x m] v]; reflexivity.
Qed.
Lemma second_step t xi : second (S t) xi = b2 * second t xi + (1 - b2) * input (S t) xi ^ 2.
Proof. unfold second, input, gradient, theta. cbn [run pred]. destruct (run t xi) as [[x m] v]. reflexivity. Qed.

Lemma X_nonneg : 0 <= X.
Proof.
  destruct ks as [|x l]; [simpl in p_sum; lra|]. eapply Rle_trans; [apply Rabs_pos|apply (Hoff x O)].
Qed.

Lemma input_bound t xi : Rabs (input t xi) <= B.
Proof.
  unfold input, gradient, B, deal. eapply Rle_trans; [apply Rabs_triang|]. pose proof X_nonneg.
  pose proof (slope_bound (X + 1) (theta (pred t) xi) ltac:(lra)). pose proof (Hoff (xi ((t + lead) / n)%nat) ((t + lead) mod n)). lra.
Qed.

Lemma second_range t xi : 0 <= second t xi <= B ^ 2.
Proof.
  induction t as [|t IH]; [apply Hv0|]. rewrite second_step. apply moment_range; [lra|exact IH|apply input_bound].
Qed.

Lemma U_nonneg : 0 <= U.
Proof. pose proof X_nonneg. apply Rmult_le_pos; [unfold B; lra|left; apply Rinv_0_lt_compat, He]. Qed.

Theorem scaled_bound t xi : Rabs (scaled t xi) <= U.
Proof. apply quotient_bound; [exact He|apply second_range|apply input_bound]. Qed.

(** Clipping at a threshold of U or more changes nothing. *)
Fixpoint clipped_run (c : R) (t : nat) (xi : nat -> K) : R * R * R :=
  match t with
  | O => (1, 0, v0 (xi O))
  | S t' =>
      let '(theta, m, v) := clipped_run c t' xi in
      let g := slope (X + 1) theta + deal t xi in
      let v' := b2 * v + (1 - b2) * g ^ 2 in
      let m' := b1 * m + (1 - b1) * Rmax (- c) (Rmin c (g / D (if own then v' else v))) in
      (theta - al * m', m', v')
  end.

Theorem clipping_is_idle c t xi : U <= c -> clipped_run c t xi = run t xi.
Proof.
  intro Hc. induction t as [|t IH]; [reflexivity|]. cbn [clipped_run run]. rewrite IH.
  pose proof (scaled_bound (S t) xi) as A. unfold scaled, input, gradient, theta, second in A.
  destruct own eqn:E; cbn [run pred] in A; rewrite ?E in A; destruct (run t xi) as [[x m] v]; cbn [fst snd] in A;
    apply abs_bounds in A; rewrite Rmin_right, Rmax_right by lra; reflexivity.
Qed.

Lemma moment_bound t xi : Rabs (moment t xi) <= U.
Proof.
  induction t as [|t IH]; [unfold moment; simpl; rewrite Rabs_R0; apply U_nonneg|]. rewrite moment_step.
  apply abs_bounds in IH. pose proof (scaled_bound (S t) xi) as A. apply abs_bounds in A. apply abs_bounds. nra.
Qed.

Lemma theta_moves t j xi : Rabs (theta (t + j) xi - theta t xi) <= INR j * (al * U).
Proof.
  induction j as [|j IH]; [rewrite Nat.add_0_r; unfold Rminus; rewrite Rplus_opp_r, Rabs_R0; simpl; lra|].
  rewrite Nat.add_succ_r, theta_step, S_INR. pose proof (moment_bound (S (t + j)) xi) as A.
  apply abs_bounds in IH. apply abs_bounds in A. apply abs_bounds. nra.
Qed.

(** Beyond X + 1 every a_t points back with size 1/(B + eps) at least. *)
Theorem dealt_confined k : b1 ^ k * (U + / (B + eps)) <= / (B + eps) ->
  forall t xi, Rabs (theta t xi) <= X + 1 + INR (S k) * (al * U).
Proof.
  intros Hk t xi. pose proof X_nonneg as X0. pose proof U_nonneg as U0. assert (B0 : 0 < B) by (unfold B; lra).
  assert (Back : forall m, 1 <= input m xi -> / (B + eps) <= scaled m xi).
  { intros m Hi. unfold scaled. set (v := second _ xi). assert (Hv : 0 <= v <= B ^ 2) by apply second_range.
    pose proof (normaliser_pos f eps He v (proj1 Hv)) as P. pose proof (normaliser_greatest f eps He v (proj1 Hv)) as G.
    pose proof (sqrt_le_square v B ltac:(lra) (proj2 Hv)) as Q.
    assert (I : / (B + eps) <= / D v) by (apply Rinv_le_contravar; lra). apply Rinv_0_lt_compat in P. unfold Rdiv. nra. }
  apply (confinement (X + 1) al U U (/ (B + eps)) b1 k Hal U0 U0 ltac:(apply Rinv_0_lt_compat; lra) Hb1 Hk
    (fun m => theta m xi) (fun m => moment m xi) (fun m => moment m xi) (fun m => scaled m xi)).
  - unfold theta. simpl. rewrite Rabs_R1. lra.
  - reflexivity.
  - intro m. apply theta_step.
  - intro m. apply moment_step.
  - intro m. apply moment_bound.
  - intros m H. exact H.
  - intros m H. exact H.
  - intro m. apply scaled_bound.
  - intros m H. apply Back. unfold input, gradient, deal. cbn [pred]. pose proof (Hoff (xi ((S m + lead) / n)%nat) ((S m + lead) mod n)) as O.
    apply abs_bounds in O. unfold slope. rewrite Rmin_left, Rmax_right by lra. lra.
  - intros m H. assert (Hi : input (S m) xi <= -1).
    { unfold input, gradient, deal. cbn [pred]. pose proof (Hoff (xi ((S m + lead) / n)%nat) ((S m + lead) mod n)) as O.
      apply abs_bounds in O. unfold slope. rewrite Rmin_right, Rmax_left by lra. lra. }
    unfold scaled. set (v := second _ xi). assert (Hv : 0 <= v <= B ^ 2) by apply second_range.
    pose proof (normaliser_pos f eps He v (proj1 Hv)) as P. pose proof (normaliser_greatest f eps He v (proj1 Hv)) as G.
    pose proof (sqrt_le_square v B ltac:(lra) (proj2 Hv)) as Q.
    assert (I : / (B + eps) <= / D v) by (apply Rinv_le_contravar; lra). apply Rinv_0_lt_compat in P. unfold Rdiv. nra.
Qed.

Lemma run_measurable t : measurable (S := orders_drawn) ((t + lead) / n) (run t).
Proof.
  induction t as [|t IH]; intros w w' E.
  - cbn [run]. rewrite (E O) by lia. reflexivity.
  - assert (L : ((t + lead) / n <= (S t + lead) / n)%nat) by (apply Nat.div_le_mono; lia).
    cbn [run]. rewrite (measurable_mono (S := orders_drawn) _ _ (run t) L IH w w' E).
    unfold deal. rewrite (E ((S t + lead) / n)%nat) by lia. reflexivity.
Qed.

(** *** One epoch against the frozen one *)
Section Epoch.
Variables (e t0 : nat).
(** steps t0 + 1, ..., t0 + n make epoch e *)
Hypothesis Hepoch : (S t0 + lead = e * n)%nat.

Lemma deal_in_epoch i xi : (i < n)%nat -> deal (S (t0 + i)) xi = offset (xi e) i.
Proof.
  intro Hi. unfold deal. replace (S (t0 + i) + lead)%nat with (e * n + i)%nat by lia.
  rewrite Nat.div_add_l, Nat.div_small, Nat.add_0_r by lia.
  replace (e * n + i)%nat with (i + e * n)%nat by lia. rewrite Nat.mod_add, Nat.mod_small by lia. reflexivity.
Qed.

Lemma frozen_nonneg k v i : 0 <= v -> 0 <= frozen k v i.
Proof. intro Hv. induction i as [|i IH]; [exact Hv|]. cbn [frozen]. pose proof (pow2_ge_0 (offset k i)). nra. Qed.

Lemma frozen_close d xi i : (i <= n)%nat -> 0 <= d -> (forall j, (j < i)%nat -> Rabs (gradient (t0 + j) xi) <= d) ->
  Rabs (sqrt (second (t0 + i) xi) - sqrt (frozen (xi e) (second t0 xi) i)) <= d.
Proof.
  intros Hi Hd. induction i as [|i IH]; intro Hy.
  - rewrite Nat.add_0_r. cbn [frozen]. unfold Rminus. rewrite Rplus_opp_r, Rabs_R0. exact Hd.
  - rewrite Nat.add_succ_r, second_step. cbn [frozen]. apply moment_close.
    + lra.
    + apply second_range.
    + apply frozen_nonneg, second_range.
    + apply IH; [lia|]. intros j Hj. apply Hy. lia.
    + unfold input. cbn [pred]. rewrite deal_in_epoch by lia.
      replace (gradient (t0 + i) xi + offset (xi e) i - offset (xi e) i) with (gradient (t0 + i) xi) by ring. apply Hy. lia.
Qed.

(** What freezing costs a step: y_i in the numerator; through the normaliser the largest |y_j| of the epoch. *)
Lemma step_close i xi : (i < n)%nat ->
  Rabs (scaled (S (t0 + i)) xi - frozen_direction (xi e) (second t0 xi) i)
  <= (/ eps + B / eps ^ 2) * Rabs (gradient (t0 + i) xi) + INR n * (U * B / eps ^ 2) * al.
Proof.
  intro Hi. pose proof X_nonneg. pose proof U_nonneg as U0. set (y := Rabs (gradient (t0 + i) xi)). set (d := y + INR n * (al * U)).
  assert (Hd : 0 <= INR n * (al * U)) by (apply Rmult_le_pos; [apply pos_INR|apply Rmult_le_pos; lra]).
  assert (Y0 : 0 <= y) by apply Rabs_pos.
  assert (Near : forall j, (j <= i)%nat -> Rabs (gradient (t0 + j) xi) <= d).
  { intros j Hj. unfold d, y, gradient. pose proof (slope_lipschitz (X + 1) (theta (t0 + i) xi) (theta (t0 + j) xi) ltac:(lra)) as A.
    pose proof (theta_moves (t0 + j) (i - j) xi) as M. replace (t0 + j + (i - j))%nat with (t0 + i)%nat in M by lia.
    assert (INR (i - j) * (al * U) <= INR n * (al * U)).
    { apply Rmult_le_compat_r; [apply Rmult_le_pos; lra|apply le_INR; lia]. }
    revert A. set (a := slope _ (theta (t0 + i) xi)). set (c := slope _ (theta (t0 + j) xi)). intro A.
    assert (Rabs c <= Rabs a + Rabs (a - c)) by (unfold Rabs; repeat destruct (Rcase_abs _); lra). lra. }
  set (last := if own then S i else i).
  assert (Close : Rabs (sqrt (second (t0 + last) xi) - sqrt (frozen (xi e) (second t0 xi) last)) <= d).
  { apply frozen_close; [unfold last; destruct own; lia|unfold d; lra|]. intros j Hj. apply Near. unfold last in Hj. destruct own; lia. }
  unfold scaled, frozen_direction. fold last. replace (second (if own then S (t0 + i) else pred (S (t0 + i))) xi) with (second (t0 + last) xi).
  2:{ unfold last. destruct own; [rewrite Nat.add_succ_r|]; reflexivity. }
  eapply Rle_trans; [apply (quotient_close f eps He); [apply second_range|apply frozen_nonneg, second_range]|].
  assert (Eg : input (S (t0 + i)) xi - offset (xi e) i = gradient (t0 + i) xi).
  { unfold input. cbn [pred]. rewrite deal_in_epoch by exact Hi. ring. }
  rewrite Eg. fold y. pose proof (input_bound (S (t0 + i)) xi) as Hg. set (g := Rabs (input (S (t0 + i)) xi)) in *.
  assert (G0 : 0 <= g) by apply Rabs_pos. assert (I2 : 0 < / eps ^ 2) by (apply Rinv_0_lt_compat, pow_lt, He).
  set (z := Rabs (sqrt (second (t0 + last) xi) - _)) in *. assert (Z0 : 0 <= z) by apply Rabs_pos.
  assert (P : g * z * / eps ^ 2 <= B * d * / eps ^ 2).
  { apply Rmult_le_compat_r; [lra|]. apply Rmult_le_compat; assumption. }
  eapply Rle_trans; [apply Rplus_le_compat_l, P|]. unfold d, Rdiv. right. ring.
Qed.

Variables (side eta : R).
Hypothesis Hside : side = 1 \/ side = -1.
Hypothesis drift : forall v, 0 <= v <= B ^ 2 -> INR n * eta <= side * epoch_drift v.
Hypothesis Hin : (t0 + n <= T)%nat.

Lemma epoch_range : (1 <= e <= epochs)%nat.
Proof.
  assert (e <> O) by (intro E0; rewrite E0 in Hepoch; simpl in Hepoch; lia). split; [lia|].
  unfold epochs. apply Nat.div_le_lower_bound; [lia|]. rewrite Nat.mul_comm. lia.
Qed.

Lemma epoch_biased : 0 <= nsum (fun i => side * expect (s := orders_drawn) (scaled (S (t0 + i)))
  + (/ eps + B / eps ^ 2) * expect (s := orders_drawn) (fun w => Rabs (gradient (t0 + i) w))
  - (eta - INR n * (U * B / eps ^ 2) * al)) n.
Proof.
  set (C := / eps + B / eps ^ 2). set (q := INR n * (U * B / eps ^ 2) * al).
  pose proof epoch_range as [E1 E2].
  pose (h := fun (v : R) (k : K) => nsum (frozen_direction k v) n).
  assert (Ed : expect (s := orders_drawn) (fun w => h (second t0 w) (w e)) = expect (s := orders_drawn) (fun w => epoch_drift (second t0 w))).
  { destruct e as [|e']; [lia|]. rewrite <- (expect_cond orders_drawn e'). apply expect_ext; intro w.
    apply (cond_answer ks (fun _ => p) epochs _ _ e' (second t0) h w ltac:(lia)).
    assert (L : ((t0 + lead) / n <= e')%nat).
    { replace (t0 + lead)%nat with (e' * n + (n - 1))%nat by lia. rewrite Nat.div_add_l, Nat.div_small by lia. lia. }
    apply (measurable_mono (S := orders_drawn) _ _ _ L), (measurable_map (S := orders_drawn) _ snd (run t0)), run_measurable. }
  assert (Low : INR n * eta <= side * expect (s := orders_drawn) (fun w => h (second t0 w) (w e))).
  { rewrite Ed, <- expect_scal, <- (expect_const (S := orders_drawn) (INR n * eta)). apply expect_le; intro w. apply drift, second_range. }
  assert (Path : forall w, side * h (second t0 w) (w e)
    <= nsum (fun i => side * scaled (S (t0 + i)) w + (C * Rabs (gradient (t0 + i) w) + q)) n).
  { intro w. unfold h. rewrite <- nsum_scal. apply nsum_le; intros i Hi. pose proof (step_close i w Hi) as A. fold C q in A.
    apply abs_bounds in A. destruct Hside as [-> | ->]; lra. }
  apply (expect_le orders_drawn) in Path. rewrite expect_scal in Path.
  rewrite (expect_nsum (S := orders_drawn) (fun i w => side * scaled (S (t0 + i)) w + (C * Rabs (gradient (t0 + i) w) + q))) in Path.
  rewrite (nsum_ext _ (fun i => (side * expect (s := orders_drawn) (scaled (S (t0 + i)))
    + C * expect (s := orders_drawn) (fun w => Rabs (gradient (t0 + i) w)) + q) + - eta)) by (intros; ring).
  rewrite nsum_plus, nsum_const.
  rewrite (nsum_ext _ (fun i => expect (s := orders_drawn) (fun w => side * scaled (S (t0 + i)) w + (C * Rabs (gradient (t0 + i) w) + q)))); [lra|].
  intros i _. rewrite !expect_plus, !expect_scal, expect_const. ring.
Qed.

End Epoch.

(** *** The floor *)
Variables (side eta : R) (k : nat).
Hypothesis Hside : side = 1 \/ side = -1.
Hypothesis drift : forall v, 0 <= v <= B ^ 2 -> INR n * eta <= side * epoch_drift v.
Hypothesis Heta : 0 <= eta.
Hypothesis patience : b1 ^ k * (U + / (B + eps)) <= / (B + eps).
Notation kappa := (b1 / (1 - b1)).

(** Sum m_t = sum a_t - kappa m_T *)
Lemma momentum_delays w m : nsum (fun t => moment (S t) w) m = nsum (fun t => scaled (S t) w) m - kappa * moment m w.
Proof.
  apply Rmult_eq_reg_l with (1 - b1); [|lra].
  replace ((1 - b1) * (nsum (fun t => scaled (S t) w) m - kappa * moment m w))
    with ((1 - b1) * nsum (fun t => scaled (S t) w) m - b1 * moment m w) by (field; lra).
  induction m as [|m IH]; cbn [nsum]; [unfold moment at 1; simpl; ring|].
  pose proof (moment_step m w). lra.
Qed.

Theorem dealt_floor :
  eta - INR n * (U * B / eps ^ 2) * al - (2 * INR n * (U + eta) + kappa * U) / INR T
    - (1 + (X + 1 + INR (S k) * (al * U))) / (al * INR T)
  <= (/ eps + B / eps ^ 2) * average (fun t => path_expect ks (fun _ => p) epochs (fun xi => Rabs (gradient (pred t) xi))) T.
Proof.
  pose proof U_nonneg as U0. pose proof X_nonneg as X0. assert (Kp : 0 <= kappa).
  { apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat; lra]. }
  assert (C := dealt_confined k patience T).
  apply (floor_under_gradient (S := orders_drawn) theta moment gradient T al side _ eta (/ eps + B / eps ^ 2) (INR n * (U * B / eps ^ 2))
    (2 * INR n * (U + eta) + kappa * U) HT Hal Hside (fun _ => eq_refl) theta_step C).
  set (L := / eps + B / eps ^ 2). set (q := INR n * (U * B / eps ^ 2)). unfold sum_1_to. cbn [pred].
  assert (PL : 0 <= L).
  { unfold L. assert (0 < / eps) by (apply Rinv_0_lt_compat, He). assert (0 < / eps ^ 2) by (apply Rinv_0_lt_compat, pow_lt, He).
    assert (0 <= B * / eps ^ 2) by (apply Rmult_le_pos; [unfold B; lra|lra]). unfold Rdiv. lra. }
  assert (Pq : 0 <= q).
  { unfold q. apply Rmult_le_pos; [apply pos_INR|]. apply Rmult_le_pos; [apply Rmult_le_pos; [exact U0|unfold B; lra]|].
    left. apply Rinv_0_lt_compat, pow_lt, He. }
  pose (a := fun t => side * expect (s := orders_drawn) (scaled (S t))
    + L * expect (s := orders_drawn) (fun w => Rabs (gradient t w)) - (eta - q * al)).
  assert (Bl : - (2 * INR n * (U + eta)) <= nsum a T).
  { apply (nsum_blocks a (U + eta) n (n - 1 - lead) T); try lia; try lra.
    - intros t _. unfold a. assert (Y : 0 <= expect (s := orders_drawn) (fun w => Rabs (gradient t w))) by (apply expect_nonneg; intro; apply Rabs_pos).
      assert (S1 : - U <= expect (s := orders_drawn) (scaled (S t)) <= U).
      { rewrite <- (expect_const (S := orders_drawn) U) at 2. rewrite <- (expect_const (S := orders_drawn) (- U)) at 1.
        split; apply expect_le; intro w; pose proof (scaled_bound (S t) w) as A; apply abs_bounds in A; lra. }
      assert (0 <= L * expect (s := orders_drawn) (fun w => Rabs (gradient t w))) by (apply Rmult_le_pos; assumption).
      assert (0 <= q * al) by (apply Rmult_le_pos; lra). destruct Hside as [-> | ->]; lra.
    - intros j Hj. exact (epoch_biased (S j) (n - 1 - lead + n * j) ltac:(lia) side eta Hside drift ltac:(lia)). }
  assert (Ea : nsum a T = side * nsum (fun t => expect (s := orders_drawn) (scaled (S t))) T
    + L * nsum (fun t => expect (s := orders_drawn) (fun w => Rabs (gradient t w))) T - INR T * (eta - q * al)).
  { unfold a. rewrite (nsum_ext _ (fun t => (side * expect (s := orders_drawn) (scaled (S t))
      + L * expect (s := orders_drawn) (fun w => Rabs (gradient t w))) + - (eta - q * al))) by (intros; ring).
    rewrite !nsum_plus, !nsum_scal, nsum_const. ring. }
  assert (Em : nsum (fun t => expect (s := orders_drawn) (moment (S t))) T
    = nsum (fun t => expect (s := orders_drawn) (scaled (S t))) T - kappa * expect (s := orders_drawn) (moment T)).
  { rewrite <- (expect_nsum (S := orders_drawn) (fun t => moment (S t))), <- (expect_nsum (S := orders_drawn) (fun t => scaled (S t))), <- expect_scal, <- expect_minus. apply expect_ext; intro w. apply momentum_delays. }
  assert (Mb : - U <= expect (s := orders_drawn) (moment T) <= U).
  { rewrite <- (expect_const (S := orders_drawn) U) at 2. rewrite <- (expect_const (S := orders_drawn) (- U)) at 1.
    split; apply expect_le; intro w; pose proof (moment_bound T w) as A; apply abs_bounds in A; lra. }
  rewrite Em. set (mT := expect (s := orders_drawn) (moment T)) in *. assert (kappa * mT <= kappa * U /\ - (kappa * U) <= kappa * mT) by nra.
  rewrite Ea in Bl. destruct Hside as [-> | ->]; lra.
Qed.

End Dealt.

(** *** No rate holds: alpha = a / T^r, any momentum *)
Lemma power_below_any b1 x : 0 <= b1 < 1 -> 0 < x -> exists k, b1 ^ k <= x.
Proof.
  intros Hb Hx. destruct (pow_lt_1_zero b1 ltac:(rewrite Rabs_right; lra) x Hx) as [N HN].
  exists N. pose proof (HN N (le_n N)) as A. pose proof (Rle_abs (b1 ^ N)). lra.
Qed.

Section NoRate.
Context {K : Type}.
Variables (ks : list K) (p : K -> R) (n : nat) (offset : K -> nat -> R) (v0 : K -> R).
Variables (own : bool) (lead : nat) (f : form) (eps X b1 b2 side eta a r : R).
Notation B := (largest_gradient X).
Hypothesis p_nonneg : forall x, 0 <= p x.
Hypothesis p_sum : lsum ks p = 1.
Hypothesis Hn : (1 <= n)%nat.
Hypothesis Hlead : (lead < n)%nat.
Hypothesis Hoff : forall x i, Rabs (offset x i) <= X.
Hypothesis Hv0 : forall x, 0 <= v0 x <= B ^ 2.
Hypothesis He : 0 < eps.
Hypothesis Hb1 : 0 <= b1 < 1.
Hypothesis Hb2 : 0 <= b2 < 1.
Hypothesis Hside : side = 1 \/ side = -1.
Hypothesis Heta : 0 < eta.
Hypothesis drift : forall v, 0 <= v <= B ^ 2 -> INR n * eta <= side * epoch_drift ks p n offset own f eps b2 v.
Hypothesis Ha : 0 < a.
Hypothesis Hr : 0 < r < 1.

Definition step_size (T : nat) : R := a * Rpower (INR T) (- r).
(** f'(theta_t) and v_t in the run of length T *)
Definition gradient_of (T : nat) : nat -> (nat -> K) -> R := gradient n offset v0 own lead f eps X (step_size T) b1 b2.
Definition second_of (T : nat) : nat -> (nat -> K) -> R := second n offset v0 own lead f eps X (step_size T) b1 b2.
Definition mean_of (T : nat) (F : (nat -> K) -> R) : R := path_expect ks (fun _ => p) (epochs n lead T) F.

Lemma step_size_pos T : 0 < step_size T.
Proof. apply Rmult_lt_0_compat; [exact Ha|apply exp_pos]. Qed.

Lemma no_rate (measure : nat -> R) (w rate c : R) : 0 < w -> 0 < rate ->
  (forall T, (1 <= T)%nat -> w * average (fun t => mean_of T (fun xi => Rabs (gradient_of T (pred t) xi))) T ^ 2 <= measure T) ->
  ~ (exists N, forall T, (N <= T)%nat -> measure T <= c * Rpower (INR T) (- rate)).
Proof.
  intros Hw Hrate Hm. pose proof (X_nonneg ks p offset X p_sum Hoff) as X0.
  assert (PB : 0 < B) by (unfold largest_gradient; lra). set (U := B / eps). set (s := / (B + eps)).
  assert (PU : 0 < U) by (apply Rdiv_lt_0_compat; lra). assert (Ps : 0 < s) by (apply Rinv_0_lt_compat; lra).
  destruct (power_below_any b1 (s / (U + s)) Hb1 ltac:(apply Rdiv_lt_0_compat; lra)) as [k Hk].
  assert (Patience : b1 ^ k * (U + s) <= s).
  { apply Rmult_le_compat_r with (r := U + s) in Hk; [|lra]. replace (s / (U + s) * (U + s)) with s in Hk by (field; lra). exact Hk. }
  set (C := / eps + B / eps ^ 2).
  assert (PC : 0 < C).
  { assert (0 < / eps) by (apply Rinv_0_lt_compat, He). assert (0 < B / eps ^ 2) by (apply Rdiv_lt_0_compat; [exact PB|apply pow_lt, He]). unfold C. lra. }
  apply (floor_excludes_rates step_size (fun T => average (fun t => mean_of T (fun xi => Rabs (gradient_of T (pred t) xi))) T)
    eta C (INR n * (U * B / eps ^ 2)) (2 * INR n * (U + eta) + b1 / (1 - b1) * U) (X + 1) (INR (S k) * U) Heta PC) with (k := w).
  - intros T _. apply step_size_pos.
  - apply power_vanishes; lra.
  - apply power_enough; lra.
  - intros T HT. replace (X + 1 + INR (S k) * U * step_size T) with (X + 1 + INR (S k) * (step_size T * U)) by ring.
    exact (dealt_floor ks p n offset v0 own lead f eps X (step_size T) b1 b2 T p_nonneg p_sum Hn Hlead Hoff Hv0 He (step_size_pos T)
      Hb1 Hb2 HT side eta k Hside drift (Rlt_le _ _ Heta) Patience).
  - exact Hw.
  - exact Hrate.
  - exact Hm.
Qed.

Notation sp T := (orders_drawn ks p n lead T p_nonneg p_sum).

Theorem dealt_no_rate rate c : 0 < rate ->
  ~ (exists N, forall T, (N <= T)%nat ->
      average (fun t => rpow (mean_of T (fun xi => rpow (Rabs (gradient_of T (pred t) xi)) (4 / 3))) (3 / 2)) T
      <= c * Rpower (INR T) (- rate)).
Proof.
  intro Hrate. apply (no_rate (fun T => average (fun t => rpow (mean_of T (fun xi => rpow (Rabs (gradient_of T (pred t) xi)) (4 / 3))) (3 / 2)) T)
    1 rate c Rlt_0_1 Hrate). intros T HT. rewrite Rmult_1_l. exact (average_power_mean (S := sp T) (gradient_of T) T HT).
Qed.

(** E f'(theta_(t-1))^2 / s_(t-1) *)
Theorem dealt_no_rate_weighted rate c : 0 < rate ->
  ~ (exists N, forall T, (N <= T)%nat ->
      average (fun t => mean_of T (fun xi => gradient_of T (pred t) xi ^ 2 / normaliser f eps (second_of T (pred t) xi))) T
      <= c * Rpower (INR T) (- rate)).
Proof.
  intro Hrate. pose proof (X_nonneg ks p offset X p_sum Hoff) as X0.
  assert (PB : 0 < B + eps) by (unfold largest_gradient; lra).
  apply (no_rate (fun T => average (fun t => mean_of T (fun xi => gradient_of T (pred t) xi ^ 2 / normaliser f eps (second_of T (pred t) xi))) T)
    (/ (B + eps)) rate c (Rinv_0_lt_compat _ PB) Hrate). intros T HT.
  apply Rle_trans with (/ (B + eps) * average (fun t => mean_of T (fun xi => gradient_of T (pred t) xi ^ 2)) T).
  - apply Rmult_le_compat_l; [left; apply Rinv_0_lt_compat, PB|]. exact (average_mean_square (S := sp T) (gradient_of T) T HT).
  - unfold average, sum_1_to, Rdiv. rewrite <- Rmult_assoc, <- nsum_scal.
    apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat, INR_pos, HT|]. apply nsum_le; intros j _.
    eapply Rle_trans; [right; symmetry; exact (expect_scal (sp T) _ (fun w => gradient_of T (pred (S j)) w ^ 2))|].
    apply (expect_le (sp T)); intro w. rewrite Rmult_comm. apply Rmult_le_compat_l; [apply pow2_ge_0|].
    assert (V : 0 <= second_of T (pred (S j)) w <= B ^ 2) by (exact (second_range ks p n offset v0 own lead f eps X (step_size T) b1 b2 p_sum Hoff Hv0 Hb2 (pred (S j)) w)).
    apply Rinv_le_contravar; [apply normaliser_pos; [exact He|apply V]|].
    eapply Rle_trans; [apply normaliser_greatest; [exact He|apply V]|].
    apply Rplus_le_compat_r, sqrt_le_square; [unfold largest_gradient; lra|apply V].
Qed.

End NoRate.
