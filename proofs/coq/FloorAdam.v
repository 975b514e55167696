(** Adam with replacement, any momentum beta1 < 1 (without bias correction): lag j of the
    momentum meets the normaliser of j steps later, which contains its own square with
    weight (1 - beta2) beta2^j.  The method and the instance are [FloorWithReplacement.v]'s. *)
From Coq Require Import Reals Lra Psatz List FunctionalExtensionality.
From ADOPT Require Import FiniteSum Holder Space Paths Floor FloorNormaliser FloorWithReplacement.
Import ListNotations.
Open Scope R_scope.

(** *** Averaging over one draw first *)
Section OneDraw.
Context {K : Type}.
Variables (ks : list K) (p : K -> R).
Hypothesis p_nonneg : forall x, 0 <= p x.
Hypothesis p_sum : lsum ks p = 1.
Notation integrate := (integrate ks (fun _ => p)).

Lemma update_swap (w : nat -> K) a k x y : a <> k -> update (update w k y) a x = update (update w a x) k y.
Proof.
  intro N. apply functional_extensionality; intro j. unfold update.
  destruct (Nat.eqb_spec j a), (Nat.eqb_spec j k); congruence.
Qed.

Lemma update_twice (w : nat -> K) a x y : update (update w a y) a x = update w a x.
Proof. apply functional_extensionality; intro j. unfold update. destruct (Nat.eqb j a); reflexivity. Qed.

Lemma integrate_update a x k n F w : (a < k)%nat -> integrate k n (fun w' => F (update w' a x)) w = integrate k n F (update w a x).
Proof.
  revert k w; induction n as [|n IH]; intros k w H; [reflexivity|]. cbn [Paths.integrate]. apply lsum_ext; intro y.
  rewrite IH by lia. rewrite update_swap by lia. reflexivity.
Qed.

Lemma integrate_sum k n (F : K -> (nat -> K) -> R) w :
  integrate k n (fun w => lsum ks (fun x => p x * F x w)) w = lsum ks (fun x => p x * integrate k n (F x) w).
Proof.
  revert k w; induction n as [|n IH]; intros k w; [reflexivity|]. cbn [Paths.integrate].
  rewrite (lsum_ext ks _ (fun y => lsum ks (fun x => p x * (p y * integrate (S k) n (F x) (update w k y)))))
    by (intro y; rewrite IH, <- lsum_scal; apply lsum_ext; intro x; ring).
  rewrite lsum_swap. apply lsum_ext; intro x. rewrite <- lsum_scal. apply lsum_ext; intro y. ring.
Qed.

Lemma integrate_draw a k n F w : (k <= a < k + n)%nat ->
  integrate k n F w = integrate k n (fun w => lsum ks (fun x => p x * F (update w a x))) w.
Proof.
  revert k w; induction n as [|n IH]; intros k w H; [lia|]. cbn [Paths.integrate].
  destruct (Nat.eq_dec k a) as [->|N].
  - set (c := lsum ks (fun x => p x * integrate (S a) n F (update w a x))).
    rewrite (lsum_ext ks (fun x => p x * integrate (S a) n (fun w0 => lsum ks (fun x0 => p x0 * F (update w0 a x0))) (update w a x)) (fun x => c * p x)).
    + rewrite lsum_scal, p_sum. ring.
    + intro y. rewrite integrate_sum. unfold c. rewrite Rmult_comm. f_equal. apply lsum_ext; intro x. f_equal.
      rewrite integrate_update by lia. rewrite update_twice. reflexivity.
  - apply lsum_ext; intro y. f_equal. apply IH. lia.
Qed.

Lemma expect_draw H a F : (1 <= a <= H)%nat -> path_expect ks (fun _ => p) H F
  = path_expect ks (fun _ => p) H (fun w => lsum ks (fun x => p x * F (update w a x))).
Proof. intro Ha. unfold path_expect. apply lsum_ext; intro x. f_equal. apply integrate_draw. lia. Qed.
End OneDraw.

Section Adam.
Context {K : Type}.
Variables (ks : list K) (p offset : K -> R) (f : form) (eps X al b1 b2 side : R) (T : nat).
(** a floor for each lag *)
Variable eta : nat -> R.
Notation D := (normaliser f eps).
Notation B := (B X).
Notation U := (B / eps).
Hypothesis p_nonneg : forall x, 0 <= p x.
Hypothesis p_sum : lsum ks p = 1.
Hypothesis Hoff : forall x, Rabs (offset x) <= X.
Hypothesis He : 0 < eps.
Hypothesis Hal : 0 < al.
Hypothesis Hb1 : 0 <= b1 < 1.
Hypothesis Hb2 : 0 <= b2 < 1.
Hypothesis HT : (1 <= T)%nat.
Hypothesis HX : 0 <= X.
Hypothesis Hside : side = 1 \/ side = -1.
(** the weight of g_t^2 in v_(t + j) *)
Definition share (j : nat) : R := (1 - b2) * b2 ^ j.
Hypothesis eta_nonneg : forall j, 0 <= eta j.
Hypothesis drift : forall j b, 0 <= b <= (1 - share j) * B ^ 2 ->
  eta j <= side * lsum ks (fun x => p x * (offset x / D (b + share j * offset x ^ 2))).

Notation sp := (draws ks p T p_nonneg p_sum).
Notation run := (adam offset f eps X al b1 b2).
Notation theta := (theta offset f eps X al b1 b2).
Notation grad := (gradient offset f eps X al b1 b2).
Notation direct := (direction offset f eps X al b1 b2).
Notation moment := (moment offset f eps X al b1 b2).
Notation second := (second offset f eps X al b1 b2).
Notation input := (input offset f eps X al b1 b2).
Notation kappa := (b1 / (1 - b1)).

Lemma U_nonneg : 0 <= U.
Proof. apply Rmult_le_pos; [unfold FloorWithReplacement.B; lra|left; apply Rinv_0_lt_compat, He]. Qed.

Lemma share_range j : 0 <= share j <= 1.
Proof.
  unfold share. assert (0 <= b2 ^ j <= 1) by (split; [apply pow_le; lra|rewrite <- (pow1 j); apply pow_incr; lra]). nra.
Qed.

Lemma theta_moves t j xi : Rabs (theta (t + j) xi - theta t xi) <= INR j * (al * U).
Proof.
  induction j as [|j IH]; [rewrite Nat.add_0_r; unfold Rminus; rewrite Rplus_opp_r, Rabs_R0; simpl; lra|].
  rewrite Nat.add_succ_r, theta_step, S_INR. pose proof (direction_bound offset f eps X al b1 b2 Hoff He Hb1 Hb2 HX (S (t + j)) xi) as A.
  apply abs_bounds in IH. apply abs_bounds in A. apply abs_bounds. nra.
Qed.

(** *** One lag: g_(k+1) over the normaliser of j steps later, the gradients in between frozen at f'(theta_k) *)
Section Lag.
Variables (k : nat).
Definition frozen_input (i : nat) (w : nat -> K) : R := grad k w + offset (w (S k + i)%nat).
(** v_(k+1+j) without the share of g_(k+1) *)
Fixpoint rest (j : nat) (w : nat -> K) : R :=
  match j with O => b2 * second k w | S j' => b2 * rest j' w + (1 - b2) * frozen_input j w ^ 2 end.

Lemma frozen_input_bound i w : Rabs (frozen_input i w) <= B.
Proof.
  unfold frozen_input, gradient, FloorWithReplacement.B. eapply Rle_trans; [apply Rabs_triang|].
  pose proof (slope_bound (X + 1) (theta k w) ltac:(lra)). pose proof (Hoff (w (S k + i)%nat)). lra.
Qed.

Lemma rest_range j w : 0 <= rest j w <= (1 - share j) * B ^ 2.
Proof.
  pose proof (pow2_ge_0 B). induction j as [|j IH]; cbn [rest].
  - pose proof (second_range offset f eps X al b1 b2 Hoff Hb2 HX k w). unfold share. simpl pow. nra.
  - assert (E : share (S j) = b2 * share j) by (unfold share; simpl pow; ring). rewrite E.
    pose proof (pow2_ge_0 (frozen_input (S j) w)). assert (frozen_input (S j) w ^ 2 <= B ^ 2).
    { rewrite <- pow2_abs. apply pow_incr. split; [apply Rabs_pos|apply frozen_input_bound]. }
    nra.
Qed.

Lemma arg_nonneg j w z : 0 <= rest j w + share j * z ^ 2.
Proof. pose proof (rest_range j w). pose proof (share_range j). pose proof (pow2_ge_0 z). nra. Qed.

Lemma input_first w : input (S k) w = frozen_input 0 w.
Proof. unfold FloorWithReplacement.input, frozen_input. cbn [pred]. rewrite Nat.add_0_r. reflexivity. Qed.

Lemma second_close j w : Rabs (sqrt (second (S k + j) w) - sqrt (rest j w + share j * frozen_input 0 w ^ 2)) <= INR j * (al * U).
Proof.
  pose proof U_nonneg as U0. induction j as [|j IH].
  - rewrite Nat.add_0_r, second_step, input_first. cbn [rest].
    replace (b2 * second k w + share 0 * frozen_input 0 w ^ 2) with (b2 * second k w + (1 - b2) * frozen_input 0 w ^ 2) by (unfold share; ring).
    rewrite Rminus_diag_eq by reflexivity. rewrite Rabs_R0. simpl. lra.
  - rewrite Nat.add_succ_r, second_step. cbn [rest].
    replace (b2 * rest j w + (1 - b2) * frozen_input (S j) w ^ 2 + share (S j) * frozen_input 0 w ^ 2)
      with (b2 * (rest j w + share j * frozen_input 0 w ^ 2) + (1 - b2) * frozen_input (S j) w ^ 2) by (unfold share; simpl pow; ring).
    apply moment_close; [lra|apply (second_range offset f eps X al b1 b2 Hoff Hb2 HX)|apply arg_nonneg| |].
    + eapply Rle_trans; [exact IH|]. apply Rmult_le_compat_r; [apply Rmult_le_pos; lra|apply le_INR; lia].
    + unfold FloorWithReplacement.input, frozen_input. cbn [pred]. replace (S k + S j)%nat with (S (S k + j)) by lia.
      replace (grad (S k + j) w + offset (w (S (S k + j))) - (grad k w + offset (w (S (S k + j))))) with (grad (S k + j) w - grad k w) by ring.
      unfold gradient. eapply Rle_trans; [apply slope_lipschitz; lra|].
      pose proof (theta_moves k (S j) w) as M. replace (k + S j)%nat with (S k + j)%nat in M by lia. exact M.
Qed.

Variable j : nat.
Hypothesis Hk : (S k + j <= T)%nat.

(** Nothing but the first input contains xi_(k+1). *)
Lemma redraw x w : grad k (update w (S k) x) = grad k w /\ rest j (update w (S k) x) = rest j w.
Proof.
  assert (E : run k (update w (S k) x) = run k w).
  { apply (adam_measurable ks p offset f eps X al b1 b2 T p_nonneg p_sum k). intros i Hi. apply update_other. lia. }
  assert (Eg : grad k (update w (S k) x) = grad k w) by (unfold gradient, FloorWithReplacement.theta; rewrite E; reflexivity).
  split; [exact Eg|]. clear Hk. induction j as [|i IH]; cbn [rest].
  - unfold FloorWithReplacement.second. rewrite E. reflexivity.
  - rewrite IH. unfold frozen_input. rewrite Eg, update_other by lia. reflexivity.
Qed.

Lemma lag_biased : eta j - / eps * expect (s := sp) (fun w => Rabs (grad k w)) - U * B / eps ^ 2 * INR j * al
  <= side * expect (s := sp) (fun w => input (S k) w / D (second (S k + j) w)).
Proof.
  set (Z := fun w => frozen_input 0 w / D (rest j w + share j * frozen_input 0 w ^ 2)).
  assert (Low : eta j - / eps * expect (s := sp) (fun w => Rabs (grad k w)) <= side * expect (s := sp) Z).
  { assert (E : expect (s := sp) Z = expect (s := sp) (fun w => lsum ks (fun x => p x * Z (update w (S k) x))))
      by (exact (expect_draw ks p p_sum T (S k) Z ltac:(lia))).
    rewrite E, <- !expect_scal, <- (expect_const (S := sp) (eta j)), <- expect_minus. apply expect_le; intro w.
    pose proof (drift j (rest j w) (rest_range j w)) as Dr. set (y := grad k w). set (b := rest j w) in *.
    set (l0 := lsum ks _) in Dr. set (l1 := lsum ks _).
    assert (P : forall x, Rabs (Z (update w (S k) x) - offset x / D (b + share j * offset x ^ 2)) <= / eps * Rabs y).
    { intro x. unfold Z, frozen_input. destruct (redraw x w) as [-> ->]. rewrite Nat.add_0_r, update_here. fold y b.
      pose proof (own_lipschitz f eps He b (share j) (proj1 (rest_range j w)) (proj1 (share_range j)) (y + offset x) (offset x)) as A.
      replace (y + offset x - offset x) with y in A by ring. lra. }
    assert (C : Rabs (l1 - l0) <= / eps * Rabs y).
    { assert (El : l1 - l0 = lsum ks (fun x => p x * (Z (update w (S k) x) - offset x / D (b + share j * offset x ^ 2)))).
      { unfold l1, l0. rewrite (lsum_ext ks (fun x => p x * (Z (update w (S k) x) - offset x / D (b + share j * offset x ^ 2)))
          (fun x => p x * Z (update w (S k) x) + -1 * (p x * (offset x / D (b + share j * offset x ^ 2))))) by (intro; ring).
        rewrite lsum_plus, lsum_scal. ring. }
      rewrite El. assert (Q : forall s, (s = 1 \/ s = -1) -> s * lsum ks (fun x => p x * (Z (update w (S k) x) - offset x / D (b + share j * offset x ^ 2))) <= / eps * Rabs y).
      { intros s Hs. rewrite <- lsum_scal. apply Rle_trans with (lsum ks (fun x => (/ eps * Rabs y) * p x)); [|rewrite lsum_scal, p_sum; lra].
        apply lsum_le; intro x. pose proof (P x) as A. apply abs_bounds in A. pose proof (p_nonneg x). destruct Hs as [-> | ->]; nra. }
      pose proof (Q 1 (or_introl eq_refl)). pose proof (Q (-1) (or_intror eq_refl)). apply abs_bounds. lra. }
    apply abs_bounds in C. destruct Hside as [-> | ->]; lra. }
  set (q := U * B / eps ^ 2 * INR j * al).
  assert (Near : forall w, Rabs (input (S k) w / D (second (S k + j) w) - Z w) <= q).
  { intro w. unfold Z. rewrite <- input_first. pose proof (second_close j w) as Sc. rewrite <- input_first in Sc.
    eapply Rle_trans; [apply (quotient_close f eps He); [apply (second_range offset f eps X al b1 b2 Hoff Hb2 HX)|apply arg_nonneg]|].
    replace (input (S k) w - input (S k) w) with 0 by ring. rewrite Rabs_R0, Rmult_0_l, Rplus_0_l.
    pose proof (input_bound offset f eps X al b1 b2 Hoff HX (S k) w) as Hg.
    assert (I2 : 0 < / eps ^ 2) by (apply Rinv_0_lt_compat, pow_lt, He).
    apply Rle_trans with (B * (INR j * (al * U)) * / eps ^ 2); [|unfold q, Rdiv; right; ring].
    apply Rmult_le_compat_r; [lra|]. apply Rmult_le_compat; try apply Rabs_pos; assumption. }
  assert (F : side * expect (s := sp) Z - q <= side * expect (s := sp) (fun w => input (S k) w / D (second (S k + j) w))).
  { rewrite <- !expect_scal, <- (expect_const (S := sp) q), <- expect_minus. apply expect_le; intro w. pose proof (Near w) as A.
    apply abs_bounds in A. destruct Hside as [-> | ->]; lra. }
  lra.
Qed.

End Lag.

(** *** The lags together *)
Notation weight j := ((1 - b1) * b1 ^ j).

Lemma weight_nonneg j : 0 <= weight j.
Proof. apply Rmult_le_pos; [lra|apply pow_le; lra]. Qed.

Lemma weight_total t : nsum (fun j => weight j) t <= 1.
Proof.
  assert (E : nsum (fun j => weight j) t = 1 - b1 ^ t).
  { induction t as [|t IH]; cbn [nsum]; [simpl; ring|]. rewrite IH. simpl pow. ring. }
  rewrite E. assert (0 <= b1 ^ t) by (apply pow_le; lra). lra.
Qed.

Lemma kappa_nonneg : 0 <= kappa.
Proof. apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat; lra]. Qed.

Lemma weight_lag t : nsum (fun j => weight j * INR j) t <= kappa.
Proof.
  pose proof kappa_nonneg. induction t as [|t IH]; [exact H|]. rewrite nsum_S. simpl (INR 0). rewrite Rmult_0_r, Rplus_0_l.
  rewrite (nsum_ext _ (fun j => b1 * (weight j * INR j) + b1 * weight j)) by (intros j _; rewrite S_INR; simpl pow; ring).
  rewrite nsum_plus, !nsum_scal. pose proof (weight_total t) as W. rewrite nsum_scal in W. assert (E : kappa = b1 * (kappa + 1)) by (field; lra).
  rewrite E. rewrite <- Rmult_plus_distr_l. apply Rmult_le_compat_l; lra.
Qed.

Lemma moment_sum t w : moment t w = nsum (fun j => weight j * input (t - j) w) t.
Proof.
  induction t as [|t IH]; [reflexivity|]. rewrite moment_step, IH, nsum_S, <- nsum_scal. rewrite Rplus_comm. f_equal.
  - simpl pow. rewrite Nat.sub_0_r. ring.
  - apply nsum_ext; intros j _. simpl pow. replace (S t - S j)%nat with (t - j)%nat by lia. ring.
Qed.

(** sum_t sum_(j < t) weight_j a_(t-1-j) <= sum_t a_t *)
Lemma smoothing (a : nat -> R) m : (forall t, 0 <= a t) ->
  nsum (fun t => nsum (fun j => weight j * a (t - j)%nat) (S t)) m <= nsum a m.
Proof.
  intro Ha. set (M := fun t => nsum (fun j => weight j * a (t - 1 - j)%nat) t).
  assert (Step : forall t, M (S t) = b1 * M t + (1 - b1) * a t).
  { intro t. unfold M. rewrite nsum_S, <- nsum_scal, Rplus_comm. f_equal.
    - apply nsum_ext; intros j _. simpl pow. replace (S t - 1 - S j)%nat with (t - 1 - j)%nat by lia. ring.
    - simpl pow. replace (S t - 1 - 0)%nat with t by lia. ring. }
  assert (Pos : 0 <= M m) by (apply nsum_nonneg; intros; apply Rmult_le_pos; [apply weight_nonneg|apply Ha]).
  rewrite (nsum_ext _ (fun t => M (S t))).
  2:{ intros t _. unfold M. apply nsum_ext; intros j _. f_equal. f_equal. lia. }
  assert (E : (1 - b1) * nsum (fun t => M (S t)) m + b1 * M m = (1 - b1) * nsum a m).
  { clear Pos. induction m as [|m IH]; cbn [nsum]; [unfold M; simpl; ring|]. pose proof (Step m). lra. }
  assert (0 <= b1 * M m) by (apply Rmult_le_pos; lra). apply Rmult_le_reg_l with (1 - b1); lra.
Qed.

Variables (lags patience : nat).
Hypothesis Hlags : (1 <= lags)%nat.
Hypothesis Hpatience : b1 ^ patience * (B + 1) <= 1.
(** The lags that are counted; the others add nonnegative amounts. *)
Definition total_eta : R := nsum (fun j => weight j * eta j) lags.

Lemma total_eta_nonneg m : 0 <= nsum (fun j => weight j * eta j) m.
Proof. apply nsum_nonneg; intros. apply Rmult_le_pos; [apply weight_nonneg|apply eta_nonneg]. Qed.

Lemma total_reached m : (lags <= m)%nat -> total_eta <= nsum (fun j => weight j * eta j) m.
Proof.
  intro H. replace m with (lags + (m - lags))%nat by lia. rewrite nsum_add. fold total_eta.
  assert (0 <= nsum (fun j => weight (lags + j) * eta (lags + j)%nat) (m - lags)); [|lra].
  apply nsum_nonneg; intros. apply Rmult_le_pos; [apply weight_nonneg|apply eta_nonneg].
Qed.

Lemma lags_reached m : (INR m - (INR lags - 1)) * total_eta <= nsum (fun t => nsum (fun j => weight j * eta j) (S t)) m.
Proof.
  pose proof (total_eta_nonneg lags) as P. fold total_eta in P. assert (L1 : 1 <= INR lags) by (apply (le_INR 1 lags Hlags)).
  pose (u := fun t => nsum (fun j => weight j * eta j) (S t)). change (nsum _ m) with (nsum u m).
  assert (U0 : forall t, 0 <= u t) by (intro t; apply total_eta_nonneg).
  assert (U1 : forall t, (lags <= S t)%nat -> total_eta <= u t) by (intros t H; apply total_reached, H).
  clearbody u. induction m as [|m IH]; [simpl; nra|]. destruct (Nat.le_gt_cases lags (S m)) as [Long|Short].
  - cbn [nsum]. rewrite S_INR. pose proof (U1 m Long). lra.
  - apply Rle_trans with 0; [|apply nsum_nonneg; intros; apply U0].
    pose proof (le_INR (S (S m)) lags ltac:(lia)) as Q. rewrite (S_INR (S m)) in Q.
    apply Rmult_le_compat_r with (r := total_eta) in Q; [|exact P]. lra.
Qed.

Theorem adam_floor :
  total_eta - U * B * kappa / eps ^ 2 * al - (INR lags - 1) * total_eta / INR T
    - (1 + (X + 1 + INR (S patience) * (al * U))) / (al * INR T)
  <= / eps * average (fun t => path_expect ks (fun _ => p) T (fun xi => Rabs (grad (pred t) xi))) T.
Proof.
  pose proof U_nonneg as U0.
  assert (C := adam_confined offset f eps X al b1 b2 Hoff He Hal Hb1 Hb2 HX patience Hpatience T).
  apply (floor_under_gradient (S := sp) theta direct grad T al side _ total_eta (/ eps) (U * B * kappa / eps ^ 2) ((INR lags - 1) * total_eta)
    HT Hal Hside (fun _ => eq_refl) (theta_step offset f eps X al b1 b2) C).
  unfold sum_1_to. cbn [pred]. set (Y := fun t => expect (s := sp) (fun w => Rabs (grad t w))).
  assert (Y0 : forall t, 0 <= Y t) by (intro t; apply expect_nonneg; intro; apply Rabs_pos).
  set (q := U * B / eps ^ 2). assert (Pe : 0 < / eps) by (apply Rinv_0_lt_compat, He).
  assert (Pq : 0 <= q * al).
  { unfold q. apply Rmult_le_pos; [|lra]. apply Rmult_le_pos; [apply Rmult_le_pos; [exact U0|unfold FloorWithReplacement.B; lra]|].
    left. apply Rinv_0_lt_compat, pow_lt, He. }
  assert (One : forall t, (t < T)%nat -> nsum (fun j => weight j * eta j) (S t) + (- / eps * nsum (fun j => weight j * Y (t - j)%nat) (S t) + - (q * al * kappa))
    <= side * expect (s := sp) (direct (S t))).
  { intros t Ht.
    assert (E : side * expect (s := sp) (direct (S t)) = nsum (fun j => weight j * (side * expect (s := sp) (fun w => input (S t - j) w / D (second (S t) w)))) (S t)).
    { transitivity (side * expect (s := sp) (fun w => nsum (fun j => weight j * (input (S t - j) w / D (second (S t) w))) (S t))).
      - f_equal. apply expect_ext; intro w. unfold direction. rewrite moment_sum. unfold Rdiv. rewrite Rmult_comm, <- nsum_scal.
        apply nsum_ext; intros; ring.
      - rewrite (expect_nsum (S := sp) (fun j w => weight j * (input (S t - j) w / D (second (S t) w)))), <- nsum_scal.
        apply nsum_ext; intros j _. rewrite expect_scal. ring. }
    rewrite E. apply Rle_trans with (nsum (fun j => weight j * eta j + (- / eps * (weight j * Y (t - j)%nat) + - (q * al) * (weight j * INR j))) (S t)).
    - rewrite !nsum_plus, !nsum_scal. pose proof (weight_lag (S t)). nra.
    - apply nsum_le; intros j Hj. pose proof (lag_biased (t - j) j ltac:(lia)) as L. fold (Y (t - j)%nat) q in L.
      replace (S (t - j) + j)%nat with (S t) in L by lia. replace (S t - j)%nat with (S (t - j)) by lia.
      apply Rmult_le_compat_l with (r := weight j) in L; [|apply weight_nonneg]. lra. }
  pose (E1 := fun t => nsum (fun j => weight j * eta j) (S t)). pose (Y1 := fun t => nsum (fun j => weight j * Y (t - j)%nat) (S t)).
  apply (nsum_le (fun t => E1 t + (- / eps * Y1 t + - (q * al * kappa)))) in One. rewrite nsum_scal in One. eapply Rle_trans; [|exact One].
  rewrite !nsum_plus, nsum_scal, nsum_const. pose proof (lags_reached T) as L. change (nsum _ T) with (nsum E1 T) in L.
  pose proof (smoothing Y T Y0) as Sm. change (nsum Y1 T <= nsum Y T) in Sm.
  apply Rmult_le_compat_l with (r := / eps) in Sm; [|lra].
  replace (U * B * kappa / eps ^ 2 * al) with (q * al * kappa) by (unfold q, Rdiv; ring). fold Y. change (nsum (fun n => expect (s := sp) (fun w => Rabs (grad n w))) T) with (nsum Y T). lra.
Qed.

End Adam.

(** *** Two offsets, -side A with probability q and side h otherwise *)
Section TwoOffsets.
Variables (A h q side eps b1 b2 : R) (f : form).
Hypothesis Hside : side = 1 \/ side = -1.
Hypothesis HA : 0 <= h <= A.
Hypothesis Hq : 0 <= q <= 1.
Hypothesis mean_zero : q * A = (1 - q) * h.
Hypothesis He : 0 < eps.
Hypothesis Hb1 : 0 <= b1 < 1.
Hypothesis Hb2 : 0 <= b2 < 1.
Notation B := (B A).
Notation offset := (pair_offset A h side).
Notation prob := (pair_prob q).

(** The gap at both ends of what v_(t + j) can be besides the share of g_t. *)
Definition lag_gap (j : nat) : R :=
  Rmin (gap f eps h A (share b2 j) 0) (gap f eps h A (share b2 j) ((1 - share b2 j) * B ^ 2)).

Lemma gap_nonneg c b : 0 <= c -> 0 <= b -> 0 <= gap f eps h A c b.
Proof.
  intros Hc Hb. assert (S2 : 0 <= h ^ 2 <= A ^ 2) by (split; [apply pow2_ge_0|apply pow_incr; lra]). unfold gap.
  assert (/ normaliser f eps (b + c * A ^ 2) <= / normaliser f eps (b + c * h ^ 2)); [|lra].
  apply Rinv_le_contravar; [apply normaliser_pos; [exact He|nra]|apply normaliser_mono; nra].
Qed.

Theorem adam_floor_two_offsets (al : R) (T lags patience : nat) (least : nat -> R) :
  0 < al -> (1 <= T)%nat -> (1 <= lags)%nat -> b1 ^ patience * (B + 1) <= 1 ->
  (forall j, 0 <= least j <= lag_gap j) ->
  let eta := nsum (fun j => (1 - b1) * b1 ^ j * (q * A * least j)) lags in
  eta - B / eps * B * (b1 / (1 - b1)) / eps ^ 2 * al - (INR lags - 1) * eta / INR T
    - (1 + (A + 1 + INR (S patience) * (al * (B / eps)))) / (al * INR T)
  <= / eps * average (fun t => path_expect [true; false] (fun _ => prob) T (fun xi => Rabs (gradient offset f eps A al b1 b2 (pred t) xi))) T.
Proof.
  intros Hal HT Hlags Hk Hleast eta.
  apply (adam_floor [true; false] prob offset f eps A al b1 b2 side T (fun j => q * A * least j)
    (pair_prob_nonneg q Hq) (pair_prob_sum q) (pair_bound A h side Hside HA) He Hal Hb1 Hb2 HT ltac:(lra) Hside); try assumption.
  - intro j. apply Rmult_le_pos; [apply Rmult_le_pos; lra|apply Hleast].
  - intros j b Hb. rewrite (pair_drift A h q side Hside mean_zero). apply Rmult_le_compat_l; [apply Rmult_le_pos; lra|].
    eapply Rle_trans; [apply Hleast|]. apply gap_at_the_ends; try assumption. apply (share_range b2 Hb2 j).
Qed.

(** alpha = a / T^r: no rate, whatever beta1 and beta2. *)
Theorem adam_no_rate (a r rate c : R) : h < A -> 0 < q ->
  (f = largest -> eps ^ 2 < (1 - b2) * A ^ 2) -> 0 < a -> 0 < r < 1 -> 0 < rate ->
  ~ (exists N, forall T, (N <= T)%nat ->
      average (fun t => rpow (path_expect [true; false] (fun _ => prob) T (fun xi =>
        rpow (Rabs (gradient offset f eps A (a * Rpower (INR T) (- r)) b1 b2 (pred t) xi)) (4 / 3))) (3 / 2)) T
      <= c * Rpower (INR T) (- rate)).
Proof.
  intros Hh Pq HL Ha Hr Hrate. assert (PB : 0 < B) by (unfold FloorWithReplacement.B; lra).
  assert (Nonneg : forall j, 0 <= lag_gap j).
  { intro j. pose proof (share_range b2 Hb2 j). apply Rmin_glb; apply gap_nonneg; try lra.
    apply Rmult_le_pos; [lra|apply pow2_ge_0]. }
  assert (E0 : share b2 0 = 1 - b2) by (unfold share; ring).
  assert (P0 : 0 < lag_gap 0).
  { unfold lag_gap. rewrite E0. apply Rmin_glb_lt; apply gap_positive; try assumption; try lra.
    apply Rmult_le_pos; [lra|apply pow2_ge_0]. }
  destruct (pow_lt_1_zero b1 ltac:(rewrite Rabs_right; lra) (/ (B + 1)) ltac:(apply Rinv_0_lt_compat; lra)) as [k Hk].
  specialize (Hk k (le_n k)).
  assert (Patience : b1 ^ k * (B + 1) <= 1).
  { pose proof (Rle_abs (b1 ^ k)) as Q. apply Rmult_le_reg_r with (/ (B + 1)); [apply Rinv_0_lt_compat; lra|].
    rewrite Rmult_assoc, Rinv_r by lra. lra. }
  set (eta := nsum (fun j => (1 - b1) * b1 ^ j * (q * A * lag_gap j)) 1).
  assert (Peta : 0 < eta).
  { unfold eta. cbn [nsum]. rewrite pow_O, Rplus_0_l, Rmult_1_r. repeat apply Rmult_lt_0_compat; lra. }
  set (al := fun T => a * Rpower (INR T) (- r)).
  assert (Pal : forall T, 0 < al T) by (intro T; apply Rmult_lt_0_compat; [exact Ha|apply exp_pos]).
  apply (floor_excludes_rates al (fun T => average (fun t => path_expect [true; false] (fun _ => prob) T
      (fun xi => Rabs (gradient offset f eps A (al T) b1 b2 (pred t) xi))) T)
    eta (/ eps) (B / eps * B * (b1 / (1 - b1)) / eps ^ 2) ((INR 1 - 1) * eta) (A + 1) (INR (S k) * (B / eps)) Peta) with (k := 1).
  - apply Rinv_0_lt_compat, He.
  - intros T _. apply Pal.
  - apply power_vanishes; lra.
  - apply power_enough; lra.
  - intros T HT. replace (A + 1 + INR (S k) * (B / eps) * al T) with (A + 1 + INR (S k) * (al T * (B / eps))) by ring.
    apply (adam_floor_two_offsets (al T) T 1 k lag_gap (Pal T) HT (le_n 1) Patience). intro j. split; [apply Nonneg|apply Rle_refl].
  - exact Rlt_0_1.
  - exact Hrate.
  - intros T HT. rewrite Rmult_1_l. apply (average_power_mean (S := draws [true; false] prob T (pair_prob_nonneg q Hq) (pair_prob_sum q))
      (gradient offset f eps A (al T) b1 b2) T HT).
Qed.

End TwoOffsets.
