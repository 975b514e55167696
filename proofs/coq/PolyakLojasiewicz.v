(** N7: the Polyak-Lojasiewicz inequality along the trajectory, 2 mu (f - f_inf) <= ||grad f||^2. *)
From Coq Require Import Reals Lra Psatz List FunctionalExtensionality.
From ADOPT Require Import FiniteSum RealPowers Vector Holder Space Adopt SecondMoment Momentum Descent ConstantStep.
Open Scope R_scope.

Section PL.
Context {S : space} {I : Type}.
Variables (M : method) (P : problem S I) (f_inf mu : R) (T : nat).
Hypothesis Hmu : 0 < mu.
Definition pl : Prop := forall n, (n < T)%nat -> forall w,
  2 * mu * (f P (theta M P n w) - f_inf) <= nrm2 (idx P) (gradient M P n w).
Hypothesis HPL : pl.
Hypothesis Hinf : forall x, f_inf <= f P x.

(** (E (f(theta_(t-1)) - f_inf)^(2/3))^(3/2) *)
Definition value_criterion (t : nat) : R :=
  rpow (expect (fun w => rpow (f P (theta M P (pred t) w) - f_inf) (2 / 3))) (3 / 2).

Lemma value_le_criterion t : (1 <= t <= T)%nat -> value_criterion t <= / (2 * mu) * criterion M P t.
Proof.
  intro Ht. set (c := rpow (/ (2 * mu)) (2 / 3)). assert (Hm : 0 < / (2 * mu)) by (apply Rinv_0_lt_compat; lra).
  assert (Ec : rpow c (3 / 2) = / (2 * mu)).
  { unfold c. rewrite rpow_rpow. replace (2 / 3 * (3 / 2)) with 1 by field. apply rpow_one. lra. }
  set (E := expect (fun w => rpow (norm (idx P) (gradient M P (pred t) w)) (4 / 3))).
  assert (HE : 0 <= E) by (apply expect_nonneg; intro; apply rpow_nonneg).
  apply Rle_trans with (rpow (c * E) (3 / 2)).
  - apply rpow_le; [split; [apply expect_nonneg; intro; apply rpow_nonneg|]|lra].
    unfold E. rewrite <- expect_scal. apply expect_le; intro w.
    set (x := f P (theta M P (pred t) w) - f_inf). set (y := norm (idx P) (gradient M P (pred t) w)).
    assert (Hx : 0 <= x) by (unfold x; pose proof (Hinf (theta M P (pred t) w)); lra).
    assert (Hy : 0 <= y) by apply norm_nonneg.
    assert (Hxy : x <= / (2 * mu) * y ^ 2).
    { apply Rmult_le_reg_l with (2 * mu); [lra|]. rewrite <- Rmult_assoc, Rinv_r, Rmult_1_l by lra.
      unfold y. rewrite norm_sq. apply (HPL (pred t)). lia. }
    apply Rle_trans with (rpow (/ (2 * mu) * y ^ 2) (2 / 3)); [apply rpow_le; lra|].
    rewrite rpow_mult by (try apply pow2_ge_0; lra). right. fold c. f_equal.
    rewrite <- (rpow_nat y 2) by (assumption || discriminate). rewrite rpow_rpow. f_equal. simpl. field.
  - rewrite rpow_mult by (try exact HE; apply rpow_nonneg). rewrite Ec. apply Rle_refl.
Qed.

Lemma value_average B : (1 <= T)%nat -> average (criterion M P) T <= B ->
  min_1_to value_criterion T <= average value_criterion T /\ average value_criterion T <= B / (2 * mu).
Proof.
  intros HT HB. split; [apply min_1_to_average, HT|]. assert (Hm : 0 < / (2 * mu)) by (apply Rinv_0_lt_compat; lra).
  pose proof (INR_pos T HT) as PT.
  apply Rle_trans with (/ (2 * mu) * average (criterion M P) T).
  - unfold average, sum_1_to, Rdiv. rewrite <- Rmult_assoc, <- nsum_scal.
    apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat, PT|]. apply nsum_le; intros n Hn. apply value_le_criterion. lia.
  - unfold Rdiv. rewrite Rmult_comm. apply Rmult_le_compat_r; lra.
Qed.
End PL.

(** Bounded gradients (A6), beta1 = 0 and alpha_t = m / (mu (t + 1)), m = max(G, eps): the last iterate, 1/T. *)
Section LastIterate.
Context {S : space} {I : Type}.
Variables (P : problem S I) (L f_inf mu G : R) (T : nat) (b2 e : R).
Hypothesis HS : smooth P L f_inf.
Hypothesis HA : adapted P.
Hypothesis Hmu : 0 < mu.
Hypothesis HGpos : 0 <= G.
Hypothesis Hb2 : 0 <= b2 <= 1.
Hypothesis He : 0 < e.
Definition m_ : R := Rmax G e.
Notation M := (adopt_method (fun t => m_ / (mu * (INR t + 1))) 0 b2 e).
Hypothesis HU : unbiased M P T.
Hypothesis HB : forall t, (t <= T)%nat -> forall w, nrm2 (idx P) (g P t w) <= G ^ 2.
Hypothesis HPL : pl M P f_inf mu T.
Notation delta n := (expect (fun w => f P (theta M P n w)) - f_inf).

Lemma m_pos : 0 < m_.
Proof. unfold m_. pose proof (Rmax_r G e). lra. Qed.

Lemma last_valid : valid M.
Proof.
  split; simpl; try assumption; try lra; intros; try lra. apply Rdiv_lt_0_compat; [apply m_pos|].
  apply Rmult_lt_0_compat; [exact Hmu|]. pose proof (pos_INR (Datatypes.S t)). simpl in *. lra.
Qed.

Lemma v_bounded n : (n <= T)%nat -> forall w i, In i (idx P) -> vv (adopt M P n w) i <= G ^ 2.
Proof.
  intros Hn w i Hi. induction n as [|n IH].
  - eapply Rle_trans; [|apply (HB O Hn w)]. apply (lsum_in_le (idx P) (fun i => g P O w i ^ 2)); [intros; apply pow2_ge_0|exact Hi].
  - specialize (IH ltac:(lia)). simpl vv.
    assert (A : g P (Datatypes.S n) w i ^ 2 <= G ^ 2).
    { eapply Rle_trans; [|apply (HB (Datatypes.S n) Hn w)].
      apply (lsum_in_le (idx P) (fun i => g P (Datatypes.S n) w i ^ 2)); [intros; apply pow2_ge_0|exact Hi]. }
    apply Rmult_le_compat_l with (r := b2) in IH; [|lra]. apply Rmult_le_compat_l with (r := 1 - b2) in A; [|lra]. lra.
Qed.

Lemma Q_lower n w : (n < T)%nat -> 2 * mu / m_ * (f P (theta M P n w) - f_inf) <= Q M P n w.
Proof.
  intro Hn. pose proof m_pos as Hm. pose proof (HPL n Hn w) as Hpl.
  apply Rle_trans with (/ m_ * nrm2 (idx P) (gradient M P n w)).
  - replace (2 * mu / m_ * (f P (theta M P n w) - f_inf)) with (/ m_ * (2 * mu * (f P (theta M P n w) - f_inf))) by (field; lra).
    apply Rmult_le_compat_l; [left; apply Rinv_0_lt_compat, Hm|exact Hpl].
  - unfold Q, nrm2. rewrite <- lsum_scal. apply lsum_le_in; intros i Hi.
    unfold Rdiv. rewrite (Rmult_comm (gradient M P n w i ^ 2)). apply Rmult_le_compat_r; [apply pow2_ge_0|].
    apply Rinv_le_contravar; [apply (s_pos M P last_valid)|].
    unfold s_, den. simpl eps. apply Rmax_lub; [|apply Rmax_r]. apply Rle_trans with G; [|apply Rmax_l].
    apply Rle_trans with (sqrt (G ^ 2)); [apply sqrt_le_1_alt, v_bounded; [lia|exact Hi]|].
    rewrite sqrt_pow2 by exact HGpos. apply Rle_refl.
Qed.

Lemma last_step n : (n < T)%nat -> let al := m_ / (mu * (INR (Datatypes.S n) + 1)) in
  delta (Datatypes.S n) <= (1 - 2 * mu / m_ * al) * delta n + L / 2 * al ^ 2 * (G ^ 2 / e ^ 2).
Proof.
  intros Hn al. pose proof last_valid as V. pose proof (alpha_pos M V n) as Ha. change (alpha M (Datatypes.S n)) with al in Ha.
  pose proof (sm_L _ _ _ HS) as HL.
  assert (St : expect (fun w => f P (theta M P (Datatypes.S n) w))
    <= expect (fun w => f P (theta M P n w)) - al * expect (Q M P n) + L / 2 * al ^ 2 * expect (fun w => nrm2 (idx P) (dir M P n w))).
  { rewrite <- (expect_direction M P T n HA HU Hn) by reflexivity.
    pose proof (expect_step_no_momentum M P L f_inf V HS n eq_refl) as St. change (alpha M (Datatypes.S n)) with al in St. lra. }
  assert (Hq : 2 * mu / m_ * delta n <= expect (Q M P n)).
  { rewrite <- (expect_const (S := S) f_inf), <- expect_minus, <- expect_scal. apply expect_le; intro w. apply (Q_lower n w Hn). }
  assert (Hd : expect (fun w => nrm2 (idx P) (dir M P n w)) <= G ^ 2 / e ^ 2).
  { apply (dir_moment M P V n G). rewrite <- (expect_const (S := S) (G ^ 2)). apply expect_le; intro w. apply HB. lia. }
  apply Rmult_le_compat_l with (r := al) in Hq; [|lra].
  apply Rmult_le_compat_l with (r := L / 2 * al ^ 2) in Hd; [|apply Rmult_le_pos; [lra|apply pow2_ge_0]]. lra.
Qed.

Theorem process_adopt_polyak_lojasiewicz : (1 <= T)%nat ->
  delta T <= L * G ^ 2 * m_ ^ 2 / (2 * mu ^ 2 * e ^ 2 * (INR T + 1)).
Proof.
  intro HT. pose proof m_pos as Hm. pose proof (sm_L _ _ _ HS) as HL.
  set (C := L * G ^ 2 * m_ ^ 2 / (2 * mu ^ 2 * e ^ 2)).
  assert (PC : 0 <= C).
  { apply Rmult_le_pos; [apply Rmult_le_pos; [apply Rmult_le_pos; [exact HL|apply pow2_ge_0]|apply pow2_ge_0]|].
    left. apply Rinv_0_lt_compat. apply Rmult_lt_0_compat; [apply Rmult_lt_0_compat; [lra|apply pow_lt, Hmu]|apply pow_lt, He]. }
  assert (H : forall n, (Datatypes.S n <= T)%nat -> delta (Datatypes.S n) <= C / (INR (Datatypes.S n) + 1)).
  { induction n as [|n IH]; intro Hn.
    - pose proof (last_step O ltac:(lia)) as A. cbv zeta in A. change (INR 1) with 1 in *.
      replace ((1 - 2 * mu / m_ * (m_ / (mu * (1 + 1)))) * delta O) with 0 in A by (field; lra).
      replace (L / 2 * (m_ / (mu * (1 + 1))) ^ 2 * (G ^ 2 / e ^ 2)) with (C / 4) in A by (unfold C; field; lra). lra.
    - specialize (IH ltac:(lia)). pose proof (last_step (Datatypes.S n) ltac:(lia)) as A. cbv zeta in A.
      rewrite (S_INR (Datatypes.S n)) in *. set (t := INR (Datatypes.S n)) in *.
      assert (Pt : 1 <= t) by (unfold t; rewrite S_INR; pose proof (pos_INR n); lra).
      replace (1 - 2 * mu / m_ * (m_ / (mu * (t + 1 + 1)))) with (t / (t + 2)) in A by (field; lra).
      replace (L / 2 * (m_ / (mu * (t + 1 + 1))) ^ 2 * (G ^ 2 / e ^ 2)) with (C / (t + 2) ^ 2) in A by (unfold C; field; lra).
      apply Rmult_le_compat_l with (r := t / (t + 2)) in IH; [|apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat; lra]].
      assert (F : t / (t + 2) * (C / (t + 1)) + C / (t + 2) ^ 2 <= C / (t + 1 + 1)).
      { apply Rmult_le_reg_r with ((t + 1) * (t + 2) ^ 2); [apply Rmult_lt_0_compat; [lra|apply pow_lt; lra]|].
        replace ((t / (t + 2) * (C / (t + 1)) + C / (t + 2) ^ 2) * ((t + 1) * (t + 2) ^ 2)) with (C * (t * (t + 2) + (t + 1))) by (field; lra).
        replace (C / (t + 1 + 1) * ((t + 1) * (t + 2) ^ 2)) with (C * ((t + 1) * (t + 2))) by (field; lra).
        apply Rmult_le_compat_l; [exact PC|]. lra. }
      lra. }
  destruct T as [|n]; [lia|]. eapply Rle_trans; [apply (H n (le_n _))|]. right. unfold C.
  pose proof (pos_INR (Datatypes.S n)). field. repeat split; lra.
Qed.

End LastIterate.
