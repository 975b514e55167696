(** N1 and N2a: no bound on the second moment is assumed; the variance given the
    past is at most sigma^2, or, coordinate by coordinate, sigma_i^2 + r (grad_i)^2. *)
From Coq Require Import Reals Lra Psatz List FunctionalExtensionality.
From ADOPT Require Import FiniteSum Vector Holder Space Adopt SecondMoment Momentum Descent ConstantStep ConditionedDescent.
Open Scope R_scope.

Section Variance.
Context {S : space} {I : Type}.
Variables (P : problem S I) (L f_inf sigma r : R) (T : nat) (al b1 b2 e : R).
Hypothesis HS : smooth P L f_inf.
Hypothesis HA : adapted P.
Hypothesis Hr : 0 <= r.
Hypothesis Hal : 0 < al.
Hypothesis Hb1 : 0 <= b1 < 1.
Hypothesis Hb2 : 0 <= b2 <= 1.
Hypothesis He : 0 < e.
Hypothesis HT : (1 <= T)%nat.
Notation M := (adopt_method (fun _ => al) b1 b2 e).
Hypothesis HU : unbiased M P T.
Notation EQ n := (expect (Q M P n)).
Notation nrm2 := (nrm2 (idx P)).
Notation Delta := (expect (fun w => f P (theta0 P w)) - f_inf).
Notation k_ := (kappa M).
Notation EA n := (expect (fun w => nrm2 (dir M P n w))).
Notation EM n := (expect (fun w => nrm2 (mom M P n w))).
Notation EN n := (expect (fun w => nrm2 (gradient M P n w))).

(** What the two noise models have in common. *)
Hypothesis H_dir : forall n, (n < T)%nat -> EA n <= (1 + r) / e * EQ n + sigma ^ 2 / e ^ 2.
Hypothesis H_g0 : expect (fun w => nrm2 (g P O w)) <= sigma ^ 2 + (1 + r) * EN O.
Hypothesis H_g : forall n, (n < T)%nat ->
  expect (fun w => nrm2 (g P (Datatypes.S n) w)) <= sigma ^ 2 + (1 + r) * EN n.
Hypothesis H_step : al * (L * (1 + b1 + r)) <= e * (1 - b1).

(** Delta + T alpha^2 L sigma^2 / (2 eps^2 (1 - beta1)) *)
Definition budget : R := Delta + INR T * (al ^ 2 * L * sigma ^ 2 / (2 * e ^ 2 * (1 - b1))).

Lemma VM : valid M.
Proof. exact (adopt_valid al b1 b2 e Hal Hb1 Hb2 He). Qed.

Lemma noise_nonneg : 0 <= al ^ 2 * L * sigma ^ 2 / (2 * e ^ 2 * (1 - b1)).
Proof.
  apply Rmult_le_pos.
  - apply Rmult_le_pos; [apply Rmult_le_pos; [apply pow2_ge_0|apply (sm_L _ _ _ HS)]|apply pow2_ge_0].
  - left. apply Rinv_0_lt_compat. apply Rmult_lt_0_compat; [|lra]. apply Rmult_lt_0_compat; [lra|apply pow_lt, He].
Qed.

Lemma sum_Q_nonneg n : 0 <= nsum (fun n => EQ n) n.
Proof. apply nsum_nonneg; intros; apply expect_Q_nonneg, VM. Qed.

(** Half of the sum of Q is absorbed. *)
Lemma energy n : (n <= T)%nat ->
  expect (fun w => f P (phi M P n w)) - f_inf + al / 2 * nsum (fun n => EQ n) n <= budget.
Proof.
  intro Hn. pose proof (sm_L _ _ _ HS) as HL. pose proof (kappa_nonneg M VM) as Hk.
  assert (St : forall m, (m <= T)%nat -> expect (fun w => f P (phi M P m w)) + al * nsum (fun n => EQ n) m
    <= expect (fun w => f P (theta0 P w)) + al ^ 2 * L * k_ / 2 * (nsum (fun n => EM n) m + / e * nsum (fun n => EQ n) m)
       + al ^ 2 * L / 2 * nsum (fun n => EA n) m).
  { induction m as [|m IH]; intro Hm.
    - simpl nsum. rewrite (expect_ext _ _ (fun w => f_equal (f P) (phi_zero M P w))). lra.
    - specialize (IH ltac:(lia)). cbn [nsum].
      pose proof (conditioned_step P L f_inf T al b1 b2 e HS HA Hal Hb1 Hb2 He HU m 1 ltac:(lia) Rlt_0_1) as C.
      rewrite Rinv_1, !Rmult_1_l in C. lra. }
  specialize (St n Hn). pose proof (mom_sum M P VM n eq_refl) as Hm.
  assert (Hd : nsum (fun n => EA n) n <= (1 + r) / e * nsum (fun n => EQ n) n + INR n * (sigma ^ 2 / e ^ 2)).
  { rewrite <- nsum_scal, <- nsum_const, <- nsum_plus. apply nsum_le; intros j Hj. apply H_dir. lia. }
  set (q := nsum (fun n => EQ n) n) in *. set (sm := nsum (fun n => EM n) n) in *. set (sa := nsum (fun n => EA n) n) in *.
  assert (Hq : 0 <= q) by apply sum_Q_nonneg.
  assert (C1 : 0 <= al ^ 2 * L * k_ / 2) by (apply Rmult_le_pos; [|lra]; apply Rmult_le_pos; [apply Rmult_le_pos; [apply pow2_ge_0|exact HL]|exact Hk]).
  assert (C2 : 0 <= al ^ 2 * L / 2) by (apply Rmult_le_pos; [|lra]; apply Rmult_le_pos; [apply pow2_ge_0|exact HL]).
  assert (Hm2 := Rmult_le_compat_l _ _ _ C1 (Rle_trans _ _ _ Hm Hd)).
  assert (Hd2 := Rmult_le_compat_l _ _ _ C2 Hd).
  (* coefficient of q: alpha^2 L (1 + b1 + r) / (2 e (1 - b1)) <= alpha / 2 *)
  assert (Ab : al ^ 2 * L * k_ / 2 * ((1 + r) / e * q + / e * q) + al ^ 2 * L / 2 * ((1 + r) / e * q) <= al / 2 * q).
  { replace (al ^ 2 * L * k_ / 2 * ((1 + r) / e * q + / e * q) + al ^ 2 * L / 2 * ((1 + r) / e * q))
      with (al / 2 * q * (al * (L * (1 + b1 + r)) / (e * (1 - b1)))) by (unfold kappa; simpl; field; lra).
    rewrite <- (Rmult_1_r (al / 2 * q)) at 2. apply Rmult_le_compat_l; [apply Rmult_le_pos; lra|].
    assert (0 < e * (1 - b1)) by (apply Rmult_lt_0_compat; lra).
    apply Rmult_le_reg_r with (e * (1 - b1)); [assumption|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra. }
  assert (Nn : INR n * (al ^ 2 * L * sigma ^ 2 / (2 * e ^ 2 * (1 - b1)))
               <= INR T * (al ^ 2 * L * sigma ^ 2 / (2 * e ^ 2 * (1 - b1)))).
  { apply Rmult_le_compat_r; [apply noise_nonneg|]. apply le_INR, Hn. }
  assert (En : al ^ 2 * L * k_ / 2 * (INR n * (sigma ^ 2 / e ^ 2)) + al ^ 2 * L / 2 * (INR n * (sigma ^ 2 / e ^ 2))
               = INR n * (al ^ 2 * L * sigma ^ 2 / (2 * e ^ 2 * (1 - b1)))) by (unfold kappa; simpl; field; lra).
  unfold budget. lra.
Qed.

Lemma gap_nonneg n : 0 <= expect (fun w => f P (phi M P n w)) - f_inf.
Proof. pose proof (expect_lower P L f_inf (phi M P n) HS). lra. Qed.

Lemma sum_Q_le n : (n <= T)%nat -> al / 2 * nsum (fun n => EQ n) n <= budget.
Proof. intro Hn. pose proof (energy n Hn). pose proof (gap_nonneg n). lra. Qed.

Lemma budget_nonneg : 0 <= budget.
Proof.
  pose proof (sum_Q_le O ltac:(lia)) as H. simpl nsum in H. lra.
Qed.

Lemma mom_le : forall n, (n <= T)%nat -> EM n <= sigma ^ 2 / e ^ 2 + (1 - b1) * ((1 + r) / e) * nsum (fun n => EQ n) n.
Proof.
  assert (Hc : 0 <= (1 - b1) * ((1 + r) / e)).
  { apply Rmult_le_pos; [lra|]. apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat, He]. }
  assert (Hs : 0 <= sigma ^ 2 / e ^ 2)
    by (apply Rmult_le_pos; [apply pow2_ge_0|left; apply Rinv_0_lt_compat, pow_lt, He]).
  induction n as [|n IH]; intro Hn.
  - rewrite (expect_ext (fun w => nrm2 (mom M P O w)) (fun _ => 0) (mom_zero M P)), expect_const.
    pose proof (sum_Q_nonneg O). assert (0 <= (1 - b1) * ((1 + r) / e) * nsum (fun n => EQ n) O) by (apply Rmult_le_pos; assumption). lra.
  - eapply Rle_trans; [exact (expect_mom_square M P VM n eq_refl)|]. cbn [nsum beta1 adopt_method]. specialize (IH ltac:(lia)). pose proof (H_dir n ltac:(lia)) as Hd.
    apply Rmult_le_compat_l with (r := b1) in IH; [|lra]. apply Rmult_le_compat_l with (r := 1 - b1) in Hd; [|lra].
    pose proof (sum_Q_nonneg n) as Hq. set (q := nsum (fun n => EQ n) n) in *.
    assert (0 <= (1 - b1) * ((1 - b1) * ((1 + r) / e) * q)) by (apply Rmult_le_pos; [lra|apply Rmult_le_pos; assumption]).
    lra.
Qed.

(** ||grad f(theta)||^2 <= 4 L (f(phi) - f_inf) + 2 L^2 (kappa alpha)^2 ||m||^2 *)
Lemma gradient_theta n w : nrm2 (gradient M P n w)
  <= 4 * L * (f P (phi M P n w) - f_inf) + 2 * L ^ 2 * (k_ * al) ^ 2 * nrm2 (mom M P n w).
Proof.
  pose proof (smooth_gap P L f_inf (phi M P n w) HS) as A.
  pose proof (lipschitz_sq (idx P) L (nf P) (sm_L _ _ _ HS) (sm_lipschitz _ _ _ HS) (theta M P n w) (phi M P n w)) as B.
  replace (nrm2 (vsub (theta M P n w) (phi M P n w))) with ((k_ * al) ^ 2 * nrm2 (mom M P n w)) in B.
  2:{ rewrite <- nrm2_scal. apply lsum_ext; intro i. unfold vsub, phi. simpl. ring. }
  assert (Cc : nrm2 (gradient M P n w) <= 2 * nrm2 (nf P (phi M P n w)) + 2 * nrm2 (vsub (nf P (theta M P n w)) (nf P (phi M P n w)))).
  { unfold Vector.nrm2. rewrite <- !lsum_scal, <- lsum_plus. apply lsum_le; intro i. unfold vsub, gradient.
    set (x := nf P (theta M P n w) i). set (y := nf P (phi M P n w) i).
    assert (0 <= (x - 2 * y) ^ 2) by apply pow2_ge_0. nra. }
  lra.
Qed.

Lemma Lk_le : L * (k_ * al) <= e / 2 /\ L * al * b1 * (1 + b1 + r) <= e * b1 * (1 - b1).
Proof.
  pose proof (sm_L _ _ _ HS) as HL. pose proof (kappa_nonneg M VM) as Hk.
  assert (X : L * al * b1 * (1 + b1 + r) <= e * b1 * (1 - b1)).
  { apply Rmult_le_compat_l with (r := b1) in H_step; [|lra]. lra. }
  split; [|exact X].
  assert (Y : L * al * (2 * b1) <= e * (1 - b1)).
  { assert (Z : 0 <= L * al) by (apply Rmult_le_pos; lra).
    apply Rle_trans with (L * al * (1 + b1 + r)); [apply Rmult_le_compat_l; lra|lra]. }
  unfold kappa. simpl beta1. apply Rmult_le_reg_r with (2 * (1 - b1)); [lra|].
  replace (L * (b1 / (1 - b1) * al) * (2 * (1 - b1))) with (L * al * (2 * b1)) by (field; lra). lra.
Qed.

Lemma gradient_bound n : (n < T)%nat ->
  EN n <= 4 * L * budget + sigma ^ 2 / 2 + 4 * L * budget * (b1 ^ 2 * (1 + r) / (1 + b1 + r)).
Proof.
  intro Hn. pose proof (sm_L _ _ _ HS) as HL. pose proof (kappa_nonneg M VM) as Hk. destruct Lk_le as [K1 K2].
  pose proof budget_nonneg as HB.
  assert (HLk : 0 <= L * (k_ * al)) by (apply Rmult_le_pos; [exact HL|apply Rmult_le_pos; lra]).
  assert (A : EN n <= 4 * L * (expect (fun w => f P (phi M P n w)) - f_inf) + 2 * L ^ 2 * (k_ * al) ^ 2 * EM n).
  { eapply Rle_trans; [apply expect_le; intro; apply gradient_theta|].
    rewrite expect_plus, !expect_scal, expect_minus, expect_const. apply Rle_refl. }
  pose proof (energy n ltac:(lia)) as En. pose proof (sum_Q_le n ltac:(lia)) as Sq. pose proof (mom_le n ltac:(lia)) as Mm.
  pose proof (sum_Q_nonneg n) as Hq. set (q := nsum (fun n => EQ n) n) in *.
  assert (A1 : 4 * L * (expect (fun w => f P (phi M P n w)) - f_inf) <= 4 * L * budget).
  { apply Rmult_le_compat_l; [lra|]. assert (0 <= al / 2 * q) by (apply Rmult_le_pos; lra). lra. }
  set (z := L * (k_ * al)) in *.
  replace (2 * L ^ 2 * (k_ * al) ^ 2) with (2 * z ^ 2) in A by (unfold z; ring).
  assert (Z2 : 2 * z ^ 2 <= e ^ 2 / 2).
  { assert (z ^ 2 <= (e / 2) ^ 2) by (apply pow_incr; lra). lra. }
  assert (B1 : 2 * z ^ 2 * (sigma ^ 2 / e ^ 2) <= sigma ^ 2 / 2).
  { apply Rle_trans with (e ^ 2 / 2 * (sigma ^ 2 / e ^ 2)); [|right; field; lra].
    apply Rmult_le_compat_r; [|exact Z2].
    apply Rmult_le_pos; [apply pow2_ge_0|left; apply Rinv_0_lt_compat, pow_lt, He]. }
  assert (B2 : 2 * z ^ 2 * ((1 - b1) * ((1 + r) / e) * q) <= 4 * L * budget * (b1 ^ 2 * (1 + r) / (1 + b1 + r))).
  { assert (Ez : 2 * z ^ 2 * ((1 - b1) * ((1 + r) / e) * q)
      = 4 * L * (al / 2 * q) * (b1 * (1 + r) / (1 + b1 + r)) * ((L * al * b1 * (1 + b1 + r)) / (e * (1 - b1))))
      by (unfold z, kappa; simpl; field; lra).
    rewrite Ez.
    assert (Pf : 0 <= b1 * (1 + r) / (1 + b1 + r)).
    { apply Rmult_le_pos; [apply Rmult_le_pos; lra|left; apply Rinv_0_lt_compat; lra]. }
    assert (F1 : 4 * L * (al / 2 * q) * (b1 * (1 + r) / (1 + b1 + r)) <= 4 * L * budget * (b1 * (1 + r) / (1 + b1 + r))).
    { apply Rmult_le_compat_r; [exact Pf|]. apply Rmult_le_compat_l; lra. }
    assert (F2 : (L * al * b1 * (1 + b1 + r)) / (e * (1 - b1)) <= b1).
    { assert (0 < e * (1 - b1)) by (apply Rmult_lt_0_compat; lra).
      apply Rmult_le_reg_r with (e * (1 - b1)); [assumption|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra. }
    apply Rle_trans with (4 * L * budget * (b1 * (1 + r) / (1 + b1 + r)) * b1); [|right; field; lra].
    apply Rmult_le_compat; try assumption.
    - apply Rmult_le_pos; [|exact Pf]. apply Rmult_le_pos; [lra|apply Rmult_le_pos; lra].
    - apply Rmult_le_pos; [|left; apply Rinv_0_lt_compat, Rmult_lt_0_compat; lra].
      apply Rmult_le_pos; [apply Rmult_le_pos; [apply Rmult_le_pos; lra|lra]|lra]. }
  apply Rmult_le_compat_l with (r := 2 * z ^ 2) in Mm; [|pose proof (pow2_ge_0 z); lra].
  lra.
Qed.

(** beta1 = 0: phi = theta, and the factor 2 of the triangle inequality goes. *)
Lemma gradient_bound_no_momentum n : b1 = 0 -> (n < T)%nat -> EN n <= 2 * L * budget.
Proof.
  intros E0 Hn. pose proof (energy n ltac:(lia)) as En. pose proof (sum_Q_nonneg n) as Hq. pose proof (sm_L _ _ _ HS) as HL.
  assert (A : EN n <= 2 * L * (expect (fun w => f P (phi M P n w)) - f_inf)).
  { rewrite <- (expect_const (S := S) f_inf), <- expect_minus, <- expect_scal. apply expect_le; intro w.
    replace (gradient M P n w) with (nf P (phi M P n w)).
    - apply (smooth_gap P L f_inf _ HS).
    - unfold gradient. f_equal. apply functional_extensionality; intro i. unfold phi, kappa. simpl. rewrite E0. field. }
  eapply Rle_trans; [exact A|]. apply Rmult_le_compat_l; [lra|].
  assert (0 <= al / 2 * nsum (fun n => EQ n) n) by (apply Rmult_le_pos; lra). lra.
Qed.

(** The loop is closed by any bound N on E ||grad f(theta_n)||^2. *)
Lemma variance_rate N : (forall n, (n < T)%nat -> EN n <= N) ->
  min_1_to (criterion M P) T <= average (criterion M P) T /\
  average (criterion M P) T <= sqrt (sigma ^ 2 + (1 + r) * N + e ^ 2) * (2 * budget / (al * INR T)).
Proof.
  intro HN. pose proof VM as V. split; [apply min_1_to_average, HT|]. pose proof (INR_pos T HT) as PT.
  eapply Rle_trans; [apply (average_criterion M P T V HT (sigma ^ 2 + (1 + r) * N))|].
  - intros n Hn. apply vsum_moment; [exact V|]. intros [|t] Ht.
    + eapply Rle_trans; [exact H_g0|]. apply Rplus_le_compat_l, Rmult_le_compat_l; [lra|apply HN; lia].
    + eapply Rle_trans; [apply (H_g t); lia|]. apply Rplus_le_compat_l, Rmult_le_compat_l; [lra|apply HN; lia].
  - apply Rmult_le_compat_l; [apply sqrt_pos|]. unfold average, sum_1_to. simpl pred.
    pose proof (sum_Q_le T (le_n T)) as Hq.
    apply Rmult_le_reg_r with (al / 2 * INR T); [apply Rmult_lt_0_compat; lra|].
    replace (nsum (fun n => EQ n) T / INR T * (al / 2 * INR T)) with (al / 2 * nsum (fun n => EQ n) T) by (field; lra).
    replace (2 * budget / (al * INR T) * (al / 2 * INR T)) with budget by (field; lra). exact Hq.
Qed.

End Variance.

(** the variance of coordinate i at step n+1, given the past *)
Definition variance {S : space} {I : Type} (M : method) (P : problem S I) n w i : R :=
  cond n (fun w => (g P (Datatypes.S n) w i - gradient M P n w i) ^ 2) w.

Section Noise.
Context {S : space} {I : Type}.
Variables (P : problem S I) (L f_inf sigma : R) (T : nat) (al b1 b2 e : R).
Hypothesis HS : smooth P L f_inf.
Hypothesis HA : adapted P.
Hypothesis Hal : 0 < al.
Hypothesis Hb1 : 0 <= b1 < 1.
Hypothesis Hb2 : 0 <= b2 <= 1.
Hypothesis He : 0 < e.
Hypothesis HT : (1 <= T)%nat.
Notation M := (adopt_method (fun _ => al) b1 b2 e).
Hypothesis HU : unbiased M P T.
Notation var := (variance M P).
Notation Delta := (expect (fun w => f P (theta0 P w)) - f_inf).
Notation budget := (budget P L f_inf sigma T al b1 e).

Lemma second_moment_split n w i : (n < T)%nat ->
  cond n (fun w => g P (Datatypes.S n) w i ^ 2) w = gradient M P n w i ^ 2 + var n w i.
Proof.
  intro Hn. unfold variance.
  assert (Mx : measurable n (fun w => gradient M P n w i)) by exact (state_measurable M P HA n (fun s => nf P (th s) i)).
  assert (Mx2 : measurable n (fun w => gradient M P n w i ^ 2)) by exact (state_measurable M P HA n (fun s => nf P (th s) i ^ 2)).
  rewrite (cond_ext n (fun w => (g P (Datatypes.S n) w i - gradient M P n w i) ^ 2)
    (fun w => g P (Datatypes.S n) w i ^ 2 + (-2 * (gradient M P n w i * g P (Datatypes.S n) w i) + gradient M P n w i ^ 2)))
    by (intro; ring).
  rewrite !cond_plus, cond_scal, (cond_pull S n _ _ Mx), (cond_known n _ w Mx2), HU by exact Hn. ring.
Qed.

Lemma expect_dir_square n : (n < T)%nat ->
  expect (fun w => nrm2 (idx P) (dir M P n w))
  = expect (fun w => lsum (idx P) (fun i => / s_ M P n w i ^ 2 * (gradient M P n w i ^ 2 + var n w i))).
Proof.
  intro Hn. unfold nrm2. rewrite !expect_sum. apply lsum_ext; intro i.
  rewrite (expect_ext _ (fun w => / s_ M P n w i ^ 2 * g P (Datatypes.S n) w i ^ 2)).
  - rewrite (expect_pull n (fun w => / s_ M P n w i ^ 2) (fun w => g P (Datatypes.S n) w i ^ 2)
      (state_measurable M P HA n (fun s => / den e s i ^ 2))).
    apply expect_ext; intro w. rewrite second_moment_split by exact Hn. reflexivity.
  - intro w. unfold dir. simpl post. unfold Rdiv. rewrite Rpow_mult_distr, pow_inv. ring.
Qed.

Lemma dir_square_bound n r sg : (n < T)%nat -> 0 <= r ->
  (forall w, exists u, lsum (idx P) u <= sg ^ 2 /\ forall i, 0 <= u i /\ var n w i <= u i + r * gradient M P n w i ^ 2) ->
  expect (fun w => nrm2 (idx P) (dir M P n w)) <= (1 + r) / e * expect (Q M P n) + sg ^ 2 / e ^ 2.
Proof.
  intros Hn Hr Hv. rewrite expect_dir_square by exact Hn.
  rewrite <- (expect_const (S := S) (sg ^ 2 / e ^ 2)), <- expect_scal, <- expect_plus.
  apply expect_le; intro w. destruct (Hv w) as (u & Hu & Hi).
  apply Rle_trans with (lsum (idx P) (fun i => (1 + r) / e * (gradient M P n w i ^ 2 / s_ M P n w i) + / e ^ 2 * u i)).
  - apply lsum_le; intro i. destruct (Hi i) as [H0 H1].
    pose proof (s_eps M P n w i) as Hs. simpl in Hs. set (s := s_ M P n w i) in *. set (x := gradient M P n w i) in *.
    assert (Ps : 0 < s) by lra. assert (Is : / s <= / e) by (apply Rinv_le_contravar; lra).
    assert (Is2 : / s ^ 2 <= / e ^ 2) by (apply Rinv_le_contravar; [apply pow_lt, He|apply pow_incr; lra]).
    assert (I0 : 0 < / s) by (apply Rinv_0_lt_compat, Ps).
    assert (I2 : 0 <= / s ^ 2) by (left; apply Rinv_0_lt_compat, pow_lt, Ps).
    apply Rle_trans with (/ s ^ 2 * ((1 + r) * x ^ 2 + u i)); [apply Rmult_le_compat_l; lra|].
    rewrite Rmult_plus_distr_l. apply Rplus_le_compat.
    + replace (/ s ^ 2 * ((1 + r) * x ^ 2)) with (/ s * ((1 + r) * (x ^ 2 * / s))) by (field; lra).
      replace ((1 + r) / e * (x ^ 2 / s)) with (/ e * ((1 + r) * (x ^ 2 * / s))) by (field; lra).
      apply Rmult_le_compat_r; [|exact Is]. apply Rmult_le_pos; [lra|]. apply Rmult_le_pos; [apply pow2_ge_0|lra].
    + apply Rmult_le_compat_r; assumption.
  - rewrite lsum_plus, !lsum_scal. unfold Q. apply Rplus_le_compat_l. unfold Rdiv. rewrite Rmult_comm.
    apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat, pow_lt, He|exact Hu].
Qed.

Lemma g_square_bound n r sg : (n < T)%nat ->
  (forall w, exists u, lsum (idx P) u <= sg ^ 2 /\ forall i, 0 <= u i /\ var n w i <= u i + r * gradient M P n w i ^ 2) ->
  expect (fun w => nrm2 (idx P) (g P (Datatypes.S n) w)) <= sg ^ 2 + (1 + r) * expect (fun w => nrm2 (idx P) (gradient M P n w)).
Proof.
  intros Hn Hv. rewrite <- (expect_cond S n), <- (expect_const (S := S) (sg ^ 2)), <- expect_scal, <- expect_plus.
  apply expect_le; intro w. destruct (Hv w) as (u & Hu & Hi). unfold nrm2. rewrite cond_sum.
  apply Rle_trans with (lsum (idx P) (fun i => u i + (1 + r) * gradient M P n w i ^ 2)).
  - apply lsum_le; intro i. rewrite second_moment_split by exact Hn. destruct (Hi i). lra.
  - rewrite lsum_plus, lsum_scal. lra.
Qed.

(** A4 given the past, and its consequence at the start. *)
Definition conditional_variance : Prop := forall n, (n < T)%nat -> forall w,
  lsum (idx P) (fun i => var n w i) <= sigma ^ 2.
Definition start_variance r : Prop :=
  expect (fun w => nrm2 (idx P) (g P O w)) <= sigma ^ 2 + (1 + r) * expect (fun w => nrm2 (idx P) (gradient M P O w)).

Lemma variance_witness : conditional_variance -> forall n, (n < T)%nat -> forall w,
  exists u, lsum (idx P) u <= sigma ^ 2 /\ forall i, 0 <= u i /\ var n w i <= u i + 0 * gradient M P n w i ^ 2.
Proof.
  intros H n Hn w. exists (var n w). split; [apply H, Hn|]. intro i.
  split; [apply cond_nonneg; intro; apply pow2_ge_0|lra].
Qed.

(** N1. *)
Theorem process_adopt_bounded_variance : conditional_variance -> start_variance 0 ->
  al * (L * (1 + b1)) <= e * (1 - b1) ->
  min_1_to (criterion M P) T <= average (criterion M P) T /\
  average (criterion M P) T
  <= sqrt (3 / 2 * sigma ^ 2 + 6 * L * budget + e ^ 2) * (2 * budget / (al * INR T)).
Proof.
  intros Hv H0 Hst. assert (Hst' : al * (L * (1 + b1 + 0)) <= e * (1 - b1)) by (rewrite Rplus_0_r; exact Hst).
  pose proof (fun n Hn => dir_square_bound n 0 sigma Hn (Rle_refl 0) (variance_witness Hv n Hn)) as Hd.
  pose proof (fun n Hn => g_square_bound n 0 sigma Hn (variance_witness Hv n Hn)) as Hg.
  pose proof (budget_nonneg P L f_inf sigma 0 T al b1 b2 e HS HA Hal Hb1 Hb2 He HT HU Hd Hst') as HB.
  pose proof (sm_L _ _ _ HS) as HL.
  assert (HN : forall n, (n < T)%nat -> expect (fun w => nrm2 (idx P) (gradient M P n w)) <= 6 * L * budget + sigma ^ 2 / 2).
  { intros n Hn. eapply Rle_trans.
    - apply (gradient_bound P L f_inf sigma 0 T al b1 b2 e HS HA (Rle_refl 0) Hal Hb1 Hb2 He HT HU Hd Hst' n Hn).
    - assert (b1 ^ 2 * (1 + 0) / (1 + b1 + 0) <= / 2).
      { apply Rmult_le_reg_r with (1 + b1); [lra|].
        replace (b1 ^ 2 * (1 + 0) / (1 + b1 + 0) * (1 + b1)) with (b1 ^ 2) by (field; lra). nra. }
      assert (HLB : 0 <= 4 * L * budget) by (apply Rmult_le_pos; lra).
      apply Rmult_le_compat_l with (r := 4 * L * budget) in H; [|exact HLB]. lra. }
  pose proof (variance_rate P L f_inf sigma 0 T al b1 b2 e HS HA (Rle_refl 0) Hal Hb1 Hb2 He HT HU Hd H0 Hg Hst' _ HN) as R.
  replace (sigma ^ 2 + (1 + 0) * (6 * L * budget + sigma ^ 2 / 2) + e ^ 2) with (3 / 2 * sigma ^ 2 + 6 * L * budget + e ^ 2) in R by field.
  exact R.
Qed.

(** N1 without momentum. *)
Theorem process_adopt_bounded_variance_no_momentum : b1 = 0 -> conditional_variance -> start_variance 0 -> al * L <= e ->
  min_1_to (criterion M P) T <= average (criterion M P) T /\
  average (criterion M P) T <= sqrt (sigma ^ 2 + 2 * L * budget + e ^ 2) * (2 * budget / (al * INR T)).
Proof.
  intros E0 Hv H0 Hst. assert (Hst' : al * (L * (1 + b1 + 0)) <= e * (1 - b1)) by (rewrite E0; lra).
  pose proof (fun n Hn => dir_square_bound n 0 sigma Hn (Rle_refl 0) (variance_witness Hv n Hn)) as Hd.
  pose proof (fun n Hn => g_square_bound n 0 sigma Hn (variance_witness Hv n Hn)) as Hg.
  pose proof (variance_rate P L f_inf sigma 0 T al b1 b2 e HS HA (Rle_refl 0) Hal Hb1 Hb2 He HT HU Hd H0 Hg Hst' _
    (fun n Hn => gradient_bound_no_momentum P L f_inf sigma 0 T al b1 b2 e HS HA Hal Hb1 Hb2 He HT HU Hd Hst' n E0 Hn)) as R.
  replace (sigma ^ 2 + (1 + 0) * (2 * L * budget) + e ^ 2) with (sigma ^ 2 + 2 * L * budget + e ^ 2) in R by ring.
  exact R.
Qed.

(** N2a: E[(g_i - grad_i)^2 | F] <= u_i + r grad_i^2 with sum u_i <= sigma^2. *)
Definition affine_variance (r : R) : Prop := exists u, lsum (idx P) u <= sigma ^ 2 /\ (forall i, 0 <= u i) /\
  forall n, (n < T)%nat -> forall w i, var n w i <= u i + r * gradient M P n w i ^ 2.

Lemma affine_witness r : affine_variance r -> forall n, (n < T)%nat -> forall w,
  exists u, lsum (idx P) u <= sigma ^ 2 /\ forall i, 0 <= u i /\ var n w i <= u i + r * gradient M P n w i ^ 2.
Proof. intros (u & Hu & H0 & Hi) n Hn w. exists u. split; [exact Hu|]. intro i. split; [apply H0|apply Hi, Hn]. Qed.

Theorem process_adopt_affine_variance r : 0 <= r -> affine_variance r -> start_variance r ->
  al * (L * (1 + b1 + r)) <= e * (1 - b1) ->
  min_1_to (criterion M P) T <= average (criterion M P) T /\
  average (criterion M P) T
  <= sqrt (sigma ^ 2 + (1 + r) * (8 * L * budget + sigma ^ 2 / 2) + e ^ 2) * (2 * budget / (al * INR T)).
Proof.
  intros Hr Hv H0 Hst.
  pose proof (fun n Hn => dir_square_bound n r sigma Hn Hr (affine_witness r Hv n Hn)) as Hd.
  pose proof (fun n Hn => g_square_bound n r sigma Hn (affine_witness r Hv n Hn)) as Hg.
  pose proof (budget_nonneg P L f_inf sigma r T al b1 b2 e HS HA Hal Hb1 Hb2 He HT HU Hd Hst) as HB.
  pose proof (sm_L _ _ _ HS) as HL.
  assert (HN : forall n, (n < T)%nat -> expect (fun w => nrm2 (idx P) (gradient M P n w)) <= 8 * L * budget + sigma ^ 2 / 2).
  { intros n Hn. eapply Rle_trans.
    - apply (gradient_bound P L f_inf sigma r T al b1 b2 e HS HA Hr Hal Hb1 Hb2 He HT HU Hd Hst n Hn).
    - assert (b1 ^ 2 * (1 + r) / (1 + b1 + r) <= 1).
      { apply Rmult_le_reg_r with (1 + b1 + r); [lra|].
        replace (b1 ^ 2 * (1 + r) / (1 + b1 + r) * (1 + b1 + r)) with (b1 ^ 2 * (1 + r)) by (field; lra).
        assert (b1 ^ 2 <= 1) by nra. apply Rmult_le_compat_r with (r := 1 + r) in H; lra. }
      assert (HLB : 0 <= 4 * L * budget) by (apply Rmult_le_pos; lra).
      apply Rmult_le_compat_l with (r := 4 * L * budget) in H; [|exact HLB]. lra. }
  exact (variance_rate P L f_inf sigma r T al b1 b2 e HS HA Hr Hal Hb1 Hb2 He HT HU Hd H0 Hg Hst _ HN).
Qed.

End Noise.
