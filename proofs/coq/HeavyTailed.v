(** N5: clipped ADOPT under heavy tails, E[||g||^p | F] <= G^p for a real p in (1, 2]:
    the variance may be infinite.  The measure is E sum_i (d_i f)^2 / s_i. *)
From Coq Require Import Reals Lra Psatz List FunctionalExtensionality.
From Coq Require Vectors.Fin.
From ADOPT Require Import FiniteSum Young RealPowers Vector Holder Space Paths Adopt SecondMoment Descent ConstantStep Clipping.
From ADOPT Require Import Spec Iterates AdoptIterates Witness.
Open Scope R_scope.

(** C_p = (p-1)^(p-1) / p^p *)
Definition clip_factor (p : R) : R := Rpower (p - 1) (p - 1) / Rpower p p.

(** (x - c)_+ <= C_p x^p c^(1-p) *)
Lemma clip_excess c a p : 0 < c -> 1 < p ->
  Rabs (clip c a - a) <= clip_factor p * Rpower c (1 - p) * rpow (Rabs a) p.
Proof.
  intros Hc Hp. pose proof (Rabs_pos a) as Ha.
  assert (E : clip_factor p * Rpower c (1 - p) * rpow (Rabs a) p = c / (p - 1) * rpow ((p - 1) / (p * c) * Rabs a) p).
  { assert (Hr : 0 < (p - 1) / (p * c)) by (apply Rdiv_lt_0_compat; [lra|apply Rmult_lt_0_compat; lra]).
    rewrite rpow_mult by lra. rewrite (rpow_Rpower ((p - 1) / (p * c))) by exact Hr.
    rewrite <- Rmult_assoc. f_equal. unfold clip_factor, Rdiv.
    rewrite <- (Rpower_mult_distr (p - 1) (/ (p * c)) p); [|lra|apply Rinv_0_lt_compat, Rmult_lt_0_compat; lra].
    rewrite Rpower_inv by (apply Rmult_lt_0_compat; lra). rewrite <- (Rpower_mult_distr p c) by lra.
    replace p with ((p - 1) + 1) at 8 by ring. rewrite (Rpower_plus (p - 1) 1 (p - 1)), Rpower_1 by lra.
    replace (1 - p) with (1 + - p) by ring. rewrite (Rpower_plus 1 (- p) c), Rpower_1 by lra.
    rewrite (Rpower_Ropp p p). field. repeat split; try lra; apply Rgt_not_eq, Rpower_pos. }
  rewrite E. pose proof (power_above ((p - 1) / (p * c) * Rabs a) p) as B.
  assert (Hz : 0 <= (p - 1) / (p * c) * Rabs a).
  { apply Rmult_le_pos; [|exact Ha]. left. apply Rdiv_lt_0_compat; [lra|apply Rmult_lt_0_compat; lra]. }
  specialize (B Hz ltac:(lra)). set (z := rpow ((p - 1) / (p * c) * Rabs a) p) in *.
  apply Rmult_le_compat_l with (r := c / (p - 1)) in B; [|left; apply Rdiv_lt_0_compat; lra].
  replace (c / (p - 1) * (p * ((p - 1) / (p * c) * Rabs a))) with (Rabs a) in B by (field; lra).
  replace (c / (p - 1) * (z + (p - 1))) with (c / (p - 1) * z + c) in B by (field; lra).
  assert (Z0 : 0 <= c / (p - 1) * z) by (apply Rmult_le_pos; [left; apply Rdiv_lt_0_compat; lra|apply rpow_nonneg]).
  clear E. revert B. unfold clip, Rmax, Rmin, Rabs in *.
  repeat destruct (Rle_dec _ _); repeat destruct (Rcase_abs _); lra.
Qed.

(** min(x, c)^2 <= c^(2-p) x^p *)
Lemma clip_square c a p : 0 < c -> 1 < p <= 2 -> clip c a ^ 2 <= Rpower c (2 - p) * rpow (Rabs a) p.
Proof.
  intros Hc Hp. rewrite <- pow2_abs. set (y := Rabs (clip c a)).
  assert (Hy : 0 <= y <= c /\ y <= Rabs a).
  { split; [split; [apply Rabs_pos|]|apply clip_shrinks, Hc]. unfold y, clip, Rmax, Rmin, Rabs.
    repeat destruct (Rle_dec _ _); repeat destruct (Rcase_abs _); lra. }
  destruct (Req_dec y 0) as [->|N].
  { replace (0 ^ 2) with 0 by ring. apply Rmult_le_pos; [left; apply Rpower_pos|apply rpow_nonneg]. }
  replace (y ^ 2) with (Rpower y (2 - p) * Rpower y p).
  - apply Rmult_le_compat; try (left; apply Rpower_pos).
    + apply Rle_Rpower_l; lra.
    + rewrite <- rpow_Rpower by lra. apply rpow_le; lra.
  - rewrite <- Rpower_plus. replace (2 - p + p) with (INR 2) by (simpl; ring). apply Rpower_pow. lra.
Qed.

(** s (s^-p)^2 is decreasing. *)
Lemma weight_decreasing e s p : 0 < e -> e <= s -> 1 < p -> s * Rpower (/ s) p ^ 2 <= e * Rpower (/ e) p ^ 2.
Proof.
  intros He Hs Hp.
  assert (E : forall x, 0 < x -> x * Rpower (/ x) p ^ 2 = Rpower (/ x) (2 * p - 1)).
  { intros x Hx. replace (2 * p - 1) with (p + (p + Ropp 1)) by ring. rewrite !Rpower_plus.
    rewrite (Rpower_Ropp (/ x) 1), Rpower_1 by (apply Rinv_0_lt_compat, Hx). rewrite Rinv_inv. ring. }
  rewrite !E by lra. apply Rle_Rpower_l; [lra|]. split; [apply Rinv_0_lt_compat; lra|apply Rinv_le_contravar; lra].
Qed.

Section Process.
Context {S : space} {I : Type}.
Variables (P : problem S I) (L f_inf G c al b1 b2 e p : R) (T : nat).
Notation M := (clipped_method (fun _ => c) (fun _ => al) b1 b2 e).
Notation Sn := Datatypes.S.
Notation D := (INR (length (idx P))).
Hypothesis HS : smooth P L f_inf.
Hypothesis HA : adapted P.
Hypothesis HU : unbiased M P T.
Hypothesis Hp : 1 < p <= 2.
(** E[||g_t||^p | F_(t-1)] <= G^p *)
Hypothesis HG : forall n, (n < T)%nat -> forall w, cond n (fun w => rpow (norm (idx P) (g P (Sn n) w)) p) w <= rpow G p.
Hypothesis Hc : 0 < c.
Hypothesis Hal : 0 < al.
Hypothesis Hb1 : 0 <= b1 < 1.
Hypothesis Hb2 : 0 <= b2 <= 1.
Hypothesis He : 0 < e.
Hypothesis HT : (1 <= T)%nat.
Hypothesis HD : (1 <= length (idx P))%nat.

Lemma VM : valid M.
Proof. split; simpl; try assumption; try lra; intros; try lra. apply clip_shrinks, Hc. Qed.

(** E[|g_i|^p | F], a bound of its sum over i, and the factor of the bias (C_p c^(1-p)) *)
Definition p_moment n w i : R := cond n (fun w => rpow (Rabs (g P (Sn n) w i)) p) w.
Definition p_moment_bound : R := Rpower D (1 - p / 2) * rpow G p.
Definition clip_rate : R := clip_factor p * Rpower c (1 - p).

Lemma p_moment_nonneg n w i : 0 <= p_moment n w i.
Proof. apply cond_nonneg; intro; apply rpow_nonneg. Qed.

Lemma sum_powers n w : lsum (idx P) (fun i => rpow (Rabs (g P (Sn n) w i)) p)
  <= Rpower D (1 - p / 2) * rpow (norm (idx P) (g P (Sn n) w)) p.
Proof.
  rewrite (lsum_ext _ _ _ (fun i => rpow_abs (g P (Sn n) w i) p)). unfold norm. rewrite rpow_sqrt by apply nrm2_nonneg.
  apply (power_mean (idx P) (fun i => g P (Sn n) w i ^ 2) (p / 2) HD); [lra|intro; apply pow2_ge_0].
Qed.

Lemma p_moment_sum n w : (n < T)%nat -> lsum (idx P) (p_moment n w) <= p_moment_bound.
Proof.
  intro Hn. unfold p_moment. rewrite <- (cond_sum n (idx P) (fun i w => rpow (Rabs (g P (Sn n) w i)) p)).
  eapply Rle_trans; [apply cond_le; intro w'; apply sum_powers|]. rewrite cond_scal.
  apply Rmult_le_compat_l; [left; apply Rpower_pos|apply HG, Hn].
Qed.

Lemma scaled n w i : rpow (Rabs (g P (Sn n) w i / s_ M P n w i)) p
  = Rpower (/ s_ M P n w i) p * rpow (Rabs (g P (Sn n) w i)) p.
Proof.
  pose proof (s_pos M P VM n w i) as Hs. assert (Hi : 0 < / s_ M P n w i) by (apply Rinv_0_lt_compat, Hs).
  unfold Rdiv. rewrite Rabs_mult, (Rabs_right (/ _)) by lra. rewrite rpow_mult by (try apply Rabs_pos; lra).
  rewrite (rpow_Rpower (/ _)) by exact Hi. ring.
Qed.

Notation mean n w i := (cond n (fun w => dir M P n w i) w).

Lemma bias_bound n w i : (n < T)%nat ->
  Rabs (mean n w i - gradient M P n w i / s_ M P n w i) <= clip_rate * Rpower (/ s_ M P n w i) p * p_moment n w i.
Proof.
  intro Hn. apply (mean_direction_near M P T n w i _ (fun w => rpow (Rabs (g P (Sn n) w i)) p) HA HU Hn
    (state_measurable M P HA n (fun s => clip_rate * Rpower (/ den e s i) p))).
  intro w'. eapply Rle_trans; [apply (clip_excess c (g P (Sn n) w' i / s_ M P n w' i) p Hc); lra|].
  rewrite scaled. right. unfold clip_rate, s_. simpl eps. ring.
Qed.

(** half of C_p^2 D^(2-p) G^(2p) eps^(1-2p) c^(2-2p) *)
Definition bias_rate : R := / 2 * (e * Rpower (/ e) p ^ 2 * clip_rate ^ 2 * p_moment_bound ^ 2).

Lemma heavy_direction n : (n < T)%nat ->
  / 2 * expect (Q M P n) - bias_rate <= expect (fun w => dot (idx P) (gradient M P n w) (dir M P n w)).
Proof.
  intro Hn. rewrite (expect_mean_direction M P n HA), <- expect_scal, <- (expect_const (S := S) bias_rate), <- expect_minus.
  apply expect_le; intro w. set (z := / 2 * (e * Rpower (/ e) p ^ 2 * clip_rate ^ 2)).
  assert (Hz : 0 <= z).
  { unfold z. apply Rmult_le_pos; [lra|]. apply Rmult_le_pos; [apply Rmult_le_pos; [lra|apply pow2_ge_0]|apply pow2_ge_0]. }
  assert (S1 : lsum (idx P) (fun i => p_moment n w i ^ 2) <= p_moment_bound ^ 2).
  { eapply Rle_trans; [apply sum_square_le, p_moment_nonneg|]. apply pow_incr. split; [|apply p_moment_sum, Hn].
    apply lsum_nonneg; intros; apply p_moment_nonneg. }
  assert (S2 : forall i, / 2 * (gradient M P n w i ^ 2 / s_ M P n w i) + - z * p_moment n w i ^ 2 <= gradient M P n w i * mean n w i).
  { intro i. pose proof (bias_bound n w i Hn) as Hb. pose proof (s_eps M P n w i) as Hse. simpl eps in Hse.
    pose proof (weight_decreasing e (s_ M P n w i) p He Hse ltac:(lra)) as W.
    set (s := s_ M P n w i) in *. set (y := gradient M P n w i) in *. set (b := mean n w i - y / s) in *.
    replace (mean n w i) with (y / s + b) by (unfold b; ring).
    pose proof (young_biased s y b ltac:(lra)) as Y.
    assert (Z : / 2 * (s * b ^ 2) <= z * p_moment n w i ^ 2).
    { assert (B2 : b ^ 2 <= (clip_rate * Rpower (/ s) p * p_moment n w i) ^ 2).
      { rewrite <- (pow2_abs b). apply pow_incr; split; [apply Rabs_pos|exact Hb]. }
      apply Rmult_le_compat_l with (r := / 2 * s) in B2; [|lra].
      assert (T2 : 0 <= / 2 * (clip_rate ^ 2 * p_moment n w i ^ 2)).
      { apply Rmult_le_pos; [lra|apply Rmult_le_pos; apply pow2_ge_0]. }
      apply Rmult_le_compat_r with (r := / 2 * (clip_rate ^ 2 * p_moment n w i ^ 2)) in W; [|exact T2].
      unfold z. lra. }
    lra. }
  eapply Rle_trans; [|apply (lsum_le _ _ _ S2)]. rewrite lsum_plus, !lsum_scal.
  apply Rmult_le_compat_l with (r := z) in S1; [|exact Hz]. unfold bias_rate, Q.
  replace (/ 2 * (e * Rpower (/ e) p ^ 2 * clip_rate ^ 2 * p_moment_bound ^ 2)) with (z * p_moment_bound ^ 2) by (unfold z; ring). lra.
Qed.

(** E ||a||^2 <= c^(2-p) D^(1-p/2) (G/eps)^p *)
Definition moment : R := Rpower c (2 - p) * (Rpower (/ e) p * p_moment_bound).

Lemma heavy_moment n : (n < T)%nat -> expect (fun w => nrm2 (idx P) (dir M P n w)) <= moment.
Proof.
  intro Hn. rewrite <- (expect_cond S n), <- (expect_const (S := S) moment). apply expect_le; intro w.
  eapply Rle_trans; [|apply Rmult_le_compat_l; [left; apply Rpower_pos|]; apply Rmult_le_compat_l; [left; apply Rpower_pos|];
    apply (p_moment_sum n w Hn)].
  unfold p_moment. rewrite <- (cond_sum n (idx P) (fun i w => rpow (Rabs (g P (Sn n) w i)) p)), <- !cond_scal.
  apply cond_le; intro w'. unfold nrm2. rewrite <- !lsum_scal. apply lsum_le; intro i.
  eapply Rle_trans; [apply (clip_square c (g P (Sn n) w' i / s_ M P n w' i) p Hc Hp)|]. rewrite scaled.
  apply Rmult_le_compat_l; [left; apply Rpower_pos|]. apply Rmult_le_compat_r; [apply rpow_nonneg|].
  pose proof (s_eps M P n w' i) as Hse. simpl eps in Hse.
  apply Rle_Rpower_l; [lra|]. split; [apply Rinv_0_lt_compat; lra|apply Rinv_le_contravar; lra].
Qed.

Notation Delta := (expect (fun w => f P (theta0 P w)) - f_inf).

Theorem process_adopt_clipped_heavy_tailed :
  average (fun t => expect (Q M P (pred t))) T
  <= 2 * Delta / (al * INR T) + al * L * (1 + b1) / (1 - b1) * (Rpower c (2 - p) * Rpower D (1 - p / 2) * (rpow G p * Rpower (/ e) p))
     + clip_factor p ^ 2 * Rpower D (2 - p) * rpow G p ^ 2 * Rpower e (1 - 2 * p) * Rpower c (2 - 2 * p).
Proof.
  pose proof (INR_pos T HT) as PT. assert (PD : 0 < D) by (apply lt_0_INR; lia).
  assert (M0 : 0 <= moment).
  { unfold moment, p_moment_bound. repeat apply Rmult_le_pos; try (left; apply Rpower_pos). apply rpow_nonneg. }
  pose proof (average_Q M P L f_inf T al VM HS (fun _ => eq_refl) HT (/ 2) moment (fun _ => bias_rate) ltac:(lra) M0
    heavy_direction heavy_moment eq_refl) as H.
  simpl beta1 in H. rewrite nsum_const in H. replace (INR T * bias_rate / INR T) with bias_rate in H by (field; lra).
  assert (EX : 2 * bias_rate = clip_factor p ^ 2 * Rpower D (2 - p) * rpow G p ^ 2 * Rpower e (1 - 2 * p) * Rpower c (2 - 2 * p)).
  { unfold bias_rate, clip_rate, p_moment_bound.
    replace (Rpower D (2 - p)) with (Rpower D (1 - p / 2) ^ 2) by (simpl; rewrite Rmult_1_r, <- Rpower_plus; f_equal; field).
    replace (Rpower c (2 - 2 * p)) with (Rpower c (1 - p) ^ 2) by (simpl; rewrite Rmult_1_r, <- Rpower_plus; f_equal; ring).
    replace (Rpower e (1 - 2 * p)) with (e * Rpower (/ e) p ^ 2).
    - field.
    - rewrite Rpower_inv by exact He. replace (1 - 2 * p) with (1 + (- p + - p)) by ring.
      rewrite !Rpower_plus, Rpower_1 by exact He. ring. }
  rewrite <- EX.
  replace (al * L * (1 + b1) / (1 - b1) * (Rpower c (2 - p) * Rpower D (1 - p / 2) * (rpow G p * Rpower (/ e) p)))
    with (2 * (al * L * moment * (1 + b1) / (2 * (1 - b1)))) by (unfold moment, p_moment_bound; field; lra).
  replace (2 * Delta / (al * INR T)) with (2 * (Delta / (al * INR T))) by (field; lra). lra.
Qed.

End Process.

(** *** Textbook form *)
Section Textbook.
Context {D N : nat}.
Variables (Q : model D N) (L f_inf : R) (T : nat).
Hypothesis HQ : standing Q L f_inf.
Hypothesis HT : (1 <= T)%nat.
Hypothesis HD : (1 <= D)%nat.
Variables (G c al b1 b2 e p : R).
Notation Delta := (obj Q (start Q) - f_inf).
Notation it := (clipped_iterate Q (fun _ => c) (fun _ => al) b1 b2 e).
Notation X := (theta_of it).

(** E sum_i (d_i f(theta_(t-1)))^2 / s_(t-1,i) *)
Definition weighted_measure (t : nat) : R :=
  Expect Q T (fun xi => lsum (fins D) (fun i => grad Q (X (pred t) xi) i ^ 2 / Rmax (sqrt (snd (it (pred t) xi) i)) e)).
Definition heavy_tailed : Prop := forall t, (t < T)%nat -> forall xi,
  lsum (fins N) (fun k => prob Q k * rpow (norm (fins D) (oracle Q (X t xi) k)) p) <= rpow G p.

Theorem spec_adopt_clipped_heavy_tailed :
  unbiased_oracle Q -> 1 < p <= 2 -> heavy_tailed -> parameters b1 b2 e -> 0 < al -> 0 < c ->
  average weighted_measure T
  <= 2 * Delta / (al * INR T)
     + al * L * (1 + b1) / (1 - b1) * (Rpower c (2 - p) * Rpower (INR D) (1 - p / 2) * (rpow G p * Rpower (/ e) p))
     + clip_factor p ^ 2 * Rpower (INR D) (2 - p) * rpow G p ^ 2 * Rpower e (1 - 2 * p) * Rpower c (2 - 2 * p).
Proof.
  intros HU Hp HG [H1 H2 He] Ha Hc. pose proof (clipped_iterates Q L f_inf T HQ (fun _ => c) (fun _ => al) b1 b2 e) as E.
  set (P := driven Q L f_inf T HQ X). set (M := clipped_method (fun _ => c) (fun _ => al) b1 b2 e).
  assert (HA : adapted P) by exact (driven_adapted Q L f_inf T HQ _ _ E).
  assert (HG' : forall n, (n < T)%nat -> forall w, cond n (fun w => rpow (norm (idx P) (g P (S n) w)) p) w <= rpow G p).
  { intros n Hn w. eapply Rle_trans; [|apply (HG n Hn w)]. right.
    exact (cond_oracle Q L f_inf T HQ M it E n (fun x k => rpow (norm (fins D) (oracle Q x k)) p) w Hn). }
  assert (Hl : (1 <= length (idx P))%nat) by (simpl; rewrite length_fins; exact HD).
  pose proof (process_adopt_clipped_heavy_tailed P L f_inf G c al b1 b2 e p T (driven_smooth Q L f_inf T HQ _) HA
    (driven_unbiased Q L f_inf T HQ _ _ E HU) Hp HG' Hc Ha H1 H2 He HT Hl) as B.
  assert (V0 : expect (fun w => f P (theta0 P w)) = obj Q (start Q)) by exact (initial_value Q L f_inf T HQ _).
  rewrite V0 in B. simpl idx in B. rewrite length_fins in B.
  unfold average, sum_1_to in *. rewrite (nsum_ext (fun n => weighted_measure (S n)) (fun n => expect (Adopt.Q M P n))).
  - exact B.
  - intros n _. unfold weighted_measure. cbn [pred]. apply (expect_ext (S := path_space Q L f_inf T HQ)); intro w.
    unfold Adopt.Q, gradient, theta, s_, den. rewrite E. reflexivity.
Qed.

End Textbook.

(** Non-vacuity: f = sin with +-1 noise, p = 3/2, G = 2. *)
Lemma sine_heavy_tailed T : heavy_tailed sine T 2 1 (/ 10) (9 / 10) (/ 10) 1 (3 / 2).
Proof.
  intros t _ xi. set (x := theta_of _ t xi). rewrite (lsum_ext _ _ (fun k => / 2 * rpow (Rabs (cos (x i0) + sign_of k)) (3 / 2)))
    by (intro; rewrite norm_1; reflexivity).
  pose proof (COS_bound (x i0)) as C.
  assert (A : forall k, rpow (Rabs (cos (x i0) + sign_of k)) (3 / 2) <= rpow 2 (3 / 2)).
  { intro k. apply rpow_le; [|lra]. split; [apply Rabs_pos|]. apply Rabs_le.
    unfold sign_of. destruct (proj1_sig (Fin.to_nat k)); lra. }
  pose proof (A Fin.F1). pose proof (A (Fin.FS Fin.F1)). simpl. lra.
Qed.

Definition witness_adopt_clipped_heavy_tailed (T : nat) (HT : (1 <= T)%nat) :=
  spec_adopt_clipped_heavy_tailed sine 1 (-1) T sine_standing HT (le_n 1) 2 1 (/ 10) (9 / 10) (/ 10) 1 (3 / 2)
    sine_unbiased ltac:(lra) (sine_heavy_tailed T) sine_parameters tenth Rlt_0_1.
