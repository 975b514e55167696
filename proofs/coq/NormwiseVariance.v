(** N2 (b): E[||g - grad||^2 | F] <= sigma^2 + r ||grad||^2 in norm only, without momentum. *)
From Coq Require Import Reals Lra Psatz List FunctionalExtensionality.
From ADOPT Require Import FiniteSum Vector Holder Space Adopt SecondMoment Momentum Descent ConstantStep ConditionedDescent.
From ADOPT Require Import BoundedVariance.
Open Scope R_scope.

Section Normwise.
Context {S : space} {I : Type}.
Variables (P : problem S I) (L f_inf sigma r : R) (T : nat) (al b2 e : R).
Hypothesis HS : smooth P L f_inf.
Hypothesis HA : adapted P.
Hypothesis Hr : 0 <= r.
Hypothesis Hal : 0 < al.
Hypothesis Hb2 : 0 <= b2 <= 1.
Hypothesis He : 0 < e.
Hypothesis HT : (1 <= T)%nat.
Notation M := (adopt_method (fun _ => al) 0 b2 e).
Hypothesis HU : unbiased M P T.
Notation EQ n := (expect (Q M P n)).
Notation EN n := (expect (fun w => nrm2 (idx P) (gradient M P n w))).
Notation delta n := (expect (fun w => f P (phi M P n w)) - f_inf).
Definition normwise_variance : Prop := forall n, (n < T)%nat -> forall w,
  lsum (idx P) (fun i => variance M P n w i) <= sigma ^ 2 + r * nrm2 (idx P) (gradient M P n w).
Hypothesis HV : normwise_variance.
Hypothesis H0 : start_variance P sigma al 0 b2 e r.
Hypothesis H_step : al * L <= e.

Lemma b1_zero : 0 <= 0 < 1. Proof. lra. Qed.

(** growth per step *)
Definition growth : R := r * L ^ 2 * al ^ 2 / e ^ 2.
Definition noise : R := al ^ 2 * L * sigma ^ 2 / (2 * e ^ 2).
Definition bound : R := (1 + growth) ^ T * (expect (fun w => f P (theta0 P w)) - f_inf + INR T * noise).

Lemma valid_M : valid M.
Proof. exact (adopt_valid al 0 b2 e Hal b1_zero Hb2 He). Qed.

Lemma growth_nonneg : 0 <= growth.
Proof.
  apply Rmult_le_pos; [|left; apply Rinv_0_lt_compat, pow_lt, He].
  apply Rmult_le_pos; [apply Rmult_le_pos; [exact Hr|apply pow2_ge_0]|apply pow2_ge_0].
Qed.

Lemma noise_nonneg : 0 <= noise.
Proof.
  apply Rmult_le_pos; [|left; apply Rinv_0_lt_compat, Rmult_lt_0_compat; [lra|apply pow_lt, He]].
  apply Rmult_le_pos; [apply Rmult_le_pos; [apply pow2_ge_0|apply (sm_L _ _ _ HS)]|apply pow2_ge_0].
Qed.

Lemma gap_nonneg n : 0 <= delta n.
Proof.
  rewrite <- (expect_const (S := S) f_inf), <- expect_minus. apply expect_nonneg; intro w.
  pose proof (sm_lower _ _ _ HS (phi M P n w)). lra.
Qed.

Lemma gradient_gap_mean n : EN n <= 2 * L * delta n.
Proof.
  rewrite <- (expect_const (S := S) f_inf), <- expect_minus, <- expect_scal. apply expect_le; intro w.
  replace (gradient M P n w) with (nf P (phi M P n w)).
  - apply (smooth_gap P L f_inf _ HS).
  - unfold gradient. f_equal. apply functional_extensionality; intro i. unfold phi, kappa. simpl. field.
Qed.

Lemma direction n : (n < T)%nat ->
  expect (fun w => nrm2 (idx P) (dir M P n w)) <= / e * EQ n + / e ^ 2 * (sigma ^ 2 + r * EN n).
Proof.
  intro Hn. rewrite (expect_dir_square P T al 0 b2 e HA HU n Hn).
  rewrite <- (expect_const (S := S) (sigma ^ 2)), <- !expect_scal, <- expect_plus, <- !expect_scal, <- expect_plus.
  apply expect_le; intro w. eapply Rle_trans; [|apply Rplus_le_compat_l, Rmult_le_compat_l; [left; apply Rinv_0_lt_compat, pow_lt, He|exact (HV n Hn w)]].
  unfold Q. rewrite <- !lsum_scal, <- lsum_plus. apply lsum_le; intro i.
  pose proof (s_eps M P n w i) as Hs. simpl in Hs. set (s := s_ M P n w i) in *. set (x := gradient M P n w i).
  assert (Hv : 0 <= variance M P n w i) by (apply cond_nonneg; intro; apply pow2_ge_0).
  assert (Ps : 0 < s) by lra. assert (Is : / s <= / e) by (apply Rinv_le_contravar; lra).
  assert (Is2 : / s ^ 2 <= / e ^ 2) by (apply Rinv_le_contravar; [apply pow_lt, He|apply pow_incr; lra]).
  rewrite Rmult_plus_distr_l. apply Rplus_le_compat; [|apply Rmult_le_compat_r; assumption].
  replace (/ s ^ 2 * x ^ 2) with (/ s * (x ^ 2 / s)) by (field; lra).
  apply Rmult_le_compat_r; [|exact Is]. apply Rmult_le_pos; [apply pow2_ge_0|left; apply Rinv_0_lt_compat, Ps].
Qed.

Lemma step n : (n < T)%nat -> delta (Datatypes.S n) <= (1 + growth) * delta n - al / 2 * EQ n + noise.
Proof.
  intro Hn. pose proof (sm_L _ _ _ HS) as HL.
  pose proof (conditioned_step P L f_inf T al 0 b2 e HS HA Hal b1_zero Hb2 He HU n 1 Hn Rlt_0_1) as C.
  replace (kappa M) with 0 in C by (unfold kappa; simpl; field).
  rewrite Rmult_0_l, Rmult_0_r in C. unfold Rdiv in C at 1. rewrite Rmult_0_l, Rmult_0_r, Rmult_0_l, Rplus_0_r in C.
  pose proof (direction n Hn) as D. pose proof (gradient_gap_mean n) as Gg.
  assert (Hie : 0 < / e ^ 2) by (apply Rinv_0_lt_compat, pow_lt, He).
  apply Rmult_le_compat_l with (r := L / 2 * al ^ 2) in D; [|apply Rmult_le_pos; [lra|apply pow2_ge_0]].
  apply Rmult_le_compat_l with (r := L / 2 * al ^ 2 * (/ e ^ 2 * r)) in Gg.
  2:{ apply Rmult_le_pos; [apply Rmult_le_pos; [lra|apply pow2_ge_0]|apply Rmult_le_pos; lra]. }
  assert (Ab : L / 2 * al ^ 2 * (/ e * EQ n) <= al / 2 * EQ n).
  { pose proof (expect_Q_nonneg M P valid_M n) as Hq.
    replace (L / 2 * al ^ 2 * (/ e * EQ n)) with (al / 2 * EQ n * (al * L * / e)) by (field; lra).
    rewrite <- (Rmult_1_r (al / 2 * EQ n)) at 2. apply Rmult_le_compat_l; [apply Rmult_le_pos; lra|].
    apply Rmult_le_reg_r with e; [exact He|]. rewrite Rmult_assoc, Rinv_l by lra. lra. }
  replace (L / 2 * al ^ 2 * (/ e ^ 2 * r) * (2 * L * delta n)) with (growth * delta n) in Gg by (unfold growth; field; lra).
  assert (En : L / 2 * al ^ 2 * (/ e ^ 2 * sigma ^ 2) = noise) by (unfold noise; field; lra). lra.
Qed.

Lemma energy n : (n <= T)%nat -> delta n + al / 2 * nsum (fun n => EQ n) n <= bound.
Proof.
  intro Hn. pose proof growth_nonneg as Hg. pose proof noise_nonneg as Hz.
  assert (D0 : delta O = expect (fun w => f P (theta0 P w)) - f_inf)
    by (f_equal; apply expect_ext; intro w; rewrite (phi_zero M P); reflexivity).
  assert (H : forall m, (m <= T)%nat -> delta m + al / 2 * nsum (fun n => EQ n) m <= (1 + growth) ^ m * (delta O + INR m * noise)).
  { induction m as [|m IH]; intro Hm; [simpl; lra|]. specialize (IH ltac:(lia)). cbn [nsum]. rewrite S_INR. simpl pow.
    pose proof (step m ltac:(lia)) as St.
    assert (Hq : 0 <= al / 2 * nsum (fun n => EQ n) m).
    { apply Rmult_le_pos; [lra|]. apply nsum_nonneg; intros; apply expect_Q_nonneg, valid_M. }
    assert (Hgq : 0 <= growth * (al / 2 * nsum (fun n => EQ n) m)) by (apply Rmult_le_pos; assumption).
    assert (Hp : 1 <= (1 + growth) * (1 + growth) ^ m) by (apply (pow_R1_Rle (1 + growth) (Datatypes.S m)); lra).
    apply Rmult_le_compat_l with (r := 1 + growth) in IH; [|lra].
    assert (noise <= (1 + growth) * (1 + growth) ^ m * noise) by (rewrite <- (Rmult_1_l noise) at 1; apply Rmult_le_compat_r; assumption).
    lra. }
  eapply Rle_trans; [apply (H n Hn)|]. unfold bound. rewrite <- D0. pose proof (gap_nonneg O).
  assert (0 <= INR n * noise) by (apply Rmult_le_pos; [apply pos_INR|exact Hz]).
  assert (INR n * noise <= INR T * noise) by (apply Rmult_le_compat_r; [exact Hz|apply le_INR, Hn]).
  apply Rmult_le_compat; [apply pow_le; lra|lra|apply Rle_pow; [lra|exact Hn]|lra].
Qed.

Theorem process_adopt_affine_variance_normwise :
  min_1_to (criterion M P) T <= average (criterion M P) T /\
  average (criterion M P) T <= sqrt (sigma ^ 2 + 2 * L * (1 + r) * bound + e ^ 2) * (2 * bound / (al * INR T)).
Proof.
  pose proof valid_M as V. pose proof (INR_pos T HT) as PT. pose proof (sm_L _ _ _ HS) as HL.
  split; [apply min_1_to_average, HT|].
  assert (HN : forall n, (n < T)%nat -> EN n <= 2 * L * bound).
  { intros n Hn. eapply Rle_trans; [apply gradient_gap_mean|]. apply Rmult_le_compat_l; [lra|].
    pose proof (energy n ltac:(lia)) as E.
    assert (0 <= al / 2 * nsum (fun n => EQ n) n) by (apply Rmult_le_pos; [lra|]; apply nsum_nonneg; intros; apply expect_Q_nonneg, V). lra. }
  eapply Rle_trans; [apply (average_criterion M P T V HT (sigma ^ 2 + 2 * L * (1 + r) * bound))|].
  - intros n Hn. apply vsum_moment; [exact V|]. intros [|t] Ht.
    + eapply Rle_trans; [exact H0|]. pose proof (HN O ltac:(lia)) as A. apply Rmult_le_compat_l with (r := 1 + r) in A; lra.
    + pose proof (HN t ltac:(lia)) as A. apply Rmult_le_compat_l with (r := 1 + r) in A; [|lra].
      apply Rle_trans with (sigma ^ 2 + (1 + r) * EN t); [|lra].
      rewrite <- (expect_cond S t), <- (expect_const (S := S) (sigma ^ 2)), <- expect_scal, <- expect_plus.
      apply expect_le; intro w. pose proof (HV t ltac:(lia) w) as B. unfold nrm2 in *. rewrite cond_sum.
      rewrite (lsum_ext _ _ _ (fun i => second_moment_split P T al 0 b2 e HA HU t w i ltac:(lia))), lsum_plus.
      change (lsum (idx P) (variance M P t w)) with (lsum (idx P) (fun i => variance M P t w i)). lra.
  - apply Rmult_le_compat_l; [apply sqrt_pos|]. unfold average, sum_1_to. simpl pred.
    pose proof (energy T (le_n T)) as E. pose proof (gap_nonneg T) as Gt.
    apply Rmult_le_reg_r with (al / 2 * INR T); [apply Rmult_lt_0_compat; lra|].
    replace (nsum (fun n => EQ n) T / INR T * (al / 2 * INR T)) with (al / 2 * nsum (fun n => EQ n) T) by (field; lra).
    replace (2 * bound / (al * INR T) * (al / 2 * INR T)) with bound by (field; lra). lra.
Qed.

End Normwise.
