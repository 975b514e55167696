(** Theorem 4.1: ADOPT with a constant step size, both starts. *)
From Coq Require Import Reals Lra Psatz List.
From ADOPT Require Import FiniteSum Vector Holder Space Adopt SecondMoment Momentum Descent.
Open Scope R_scope.

(** ADOPT's parameters: Algorithm 2's form (m_0 = 0), and Algorithm 1's start (m_1 = a_1). *)
Definition adopt_method (al : nat -> R) (b1 b2 e : R) : method := Method al b1 b2 e (1 - b1) (fun _ a => a).
Definition algorithm_1 (al : nat -> R) (b1 b2 e : R) : method := Method al b1 b2 e 1 (fun _ a => a).

(** The bracket of T4.1. *)
Definition bracket (Delta al L G b1 e T : R) : R :=
  Delta / (al * T) + al * L * G ^ 2 * (1 + b1) / (2 * e ^ 2 * (1 - b1)).

Section ConstantStep.
Context {S : space} {I : Type}.
Variables (M : method) (P : problem S I) (L f_inf : R) (T : nat) (al : R).
Hypothesis V : valid M.
Hypothesis HS : smooth P L f_inf.
Hypothesis Hal : forall t, alpha M t = al.
Hypothesis HT : (1 <= T)%nat.
Notation EQ n := (expect (Q M P n)).
Notation Delta := (expect (fun w => f P (theta0 P w)) - f_inf).

(** Step 8: averaging step 7. *)
Lemma average_criterion B : (forall n, (n < T)%nat -> expect (vsum M P n) <= B) ->
  average (criterion M P) T <= sqrt (B + eps M ^ 2) * average (fun t => EQ (pred t)) T.
Proof.
  intro H. unfold average, sum_1_to. simpl pred. unfold Rdiv. rewrite <- Rmult_assoc, <- nsum_scal.
  apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat, INR_pos, HT|].
  apply nsum_le; intros n Hn. apply criterion_le_Q; [exact V|apply H, Hn].
Qed.

(** From the sum over the steps to the average, for any numbers q n in the place of E Q. *)
Lemma average_of_sum k Pm B (q : nat -> R) gap : 0 <= Pm -> first M = 1 - beta1 M ->
  k * nsum (fun n => alpha M (Datatypes.S n) * q n) T <= gap + nsum (rest M L Pm B) T ->
  k * average (fun t => q (pred t)) T
  <= gap / (al * INR T) + al * L * Pm * (1 + beta1 M) / (2 * (1 - beta1 M)) + nsum B T / INR T.
Proof.
  intros HP Hfirst H. pose proof (INR_pos T HT) as PT. pose proof (beta1_range M V) as Hb.
  assert (Pa : 0 < al) by (rewrite <- (Hal 1%nat); apply alpha_pos, V).
  assert (D0 : forall n, d_ M n = 0) by (intro; unfold d_; rewrite !Hal; ring).
  set (c := L * Pm * (al ^ 2 * ((1 + beta1 M) / (2 * (1 - beta1 M))))).
  assert (R1 : nsum (rest M L Pm B) T <= al * nsum B T + INR T * c).
  { rewrite <- nsum_scal, <- nsum_const, <- nsum_plus. apply nsum_le; intros n _.
    assert (Hc : 0 <= L * Pm) by (apply Rmult_le_pos; [apply (sm_L P _ _ HS)|exact HP]).
    assert (E1 : (1 + beta1 M) / (2 * (1 - beta1 M)) = / 2 + kappa M) by (unfold kappa; field; lra).
    destruct n as [|n]; unfold rest; rewrite ?D0, !Hal.
    - assert (E2 : rho M = 1) by (unfold rho; rewrite Hfirst; field; lra).
      rewrite E2. unfold c. rewrite E1. pose proof (kappa_nonneg M V).
      assert (0 <= L * Pm * (al ^ 2 * kappa M)).
      { apply Rmult_le_pos; [exact Hc|]. apply Rmult_le_pos; [apply pow2_ge_0|assumption]. }
      lra.
    - right. unfold c. rewrite E1. field. }
  rewrite (nsum_ext _ (fun n => al * q n)) in H by (intros; rewrite Hal; reflexivity).
  rewrite nsum_scal in H.
  unfold average, sum_1_to. simpl pred. change (nsum (fun n => q n) T) with (nsum q T) in *.
  apply Rmult_le_reg_r with (al * INR T); [apply Rmult_lt_0_compat; assumption|].
  replace (k * (nsum q T / INR T) * (al * INR T)) with (k * (al * nsum q T)) by (field; lra).
  replace ((gap / (al * INR T) + al * L * Pm * (1 + beta1 M) / (2 * (1 - beta1 M)) + nsum B T / INR T) * (al * INR T))
    with (gap + (al * nsum B T + INR T * c)) by (unfold c; field; lra).
  lra.
Qed.

(** The average of Q for any direction that keeps k Q - B on average. *)
Lemma average_Q k Pm B : 0 < k -> 0 <= Pm ->
  (forall n, (n < T)%nat -> k * EQ n - B n <= expect (fun w => dot (idx P) (gradient M P n w) (dir M P n w))) ->
  (forall n, (n < T)%nat -> expect (fun w => nrm2 (idx P) (dir M P n w)) <= Pm) ->
  first M = 1 - beta1 M ->
  k * average (fun t => EQ (pred t)) T
  <= Delta / (al * INR T) + al * L * Pm * (1 + beta1 M) / (2 * (1 - beta1 M)) + nsum B T / INR T.
Proof.
  intros Hk HP Hdir Hdm Hfirst. assert (D0 : forall n, d_ M n = 0) by (intro; unfold d_; rewrite !Hal; ring).
  apply (average_of_sum k Pm B (fun n => EQ n) _ HP Hfirst).
  apply (descent_alpha_sum M P L f_inf V HS T k Pm B HP Hdir Hdm (fun n _ => Req_le _ _ (eq_sym (D0 n)))); [|exact HT|lra].
  intros n _. rewrite D0. lra.
Qed.

(** Algorithm 1's start costs alpha L P kappa^2 / (2 T). *)
Lemma average_Q_algorithm_1 Pm : 0 <= Pm ->
  (forall n, (n < T)%nat -> EQ n <= expect (fun w => dot (idx P) (gradient M P n w) (dir M P n w))) ->
  (forall n, (n < T)%nat -> expect (fun w => nrm2 (idx P) (dir M P n w)) <= Pm) ->
  first M = 1 ->
  average (fun t => EQ (pred t)) T
  <= Delta / (al * INR T) + al * L * Pm * (1 + beta1 M) / (2 * (1 - beta1 M))
     + al * L * Pm * beta1 M ^ 2 / (2 * (1 - beta1 M) ^ 2 * INR T).
Proof.
  intros HP Hdir Hdm Hfirst. pose proof (INR_pos T HT) as PT. pose proof (beta1_range M V) as Hb.
  assert (Pa : 0 < al) by (rewrite <- (Hal 1%nat); apply alpha_pos, V).
  assert (D0 : forall n, d_ M n = 0) by (intro; unfold d_; rewrite !Hal; ring).
  assert (Hdir' : forall n, (n < T)%nat ->
    1 * EQ n - 0 <= expect (fun w => dot (idx P) (gradient M P n w) (dir M P n w)))
    by (intros n Hn; pose proof (Hdir n Hn); lra).
  pose proof (descent_alpha_sum M P L f_inf V HS T 1 Pm (fun _ => 0) HP Hdir' Hdm
    (fun n _ => Req_le _ _ (eq_sym (D0 n)))) as H.
  specialize (H ltac:(intros n _; rewrite D0; lra) HT ltac:(lra)).
  set (c := L * Pm * (al ^ 2 * ((1 + beta1 M) / (2 * (1 - beta1 M))))).
  assert (R1 : nsum (rest M L Pm (fun _ => 0)) T <= L * Pm * (al ^ 2 * (kappa M ^ 2 / 2)) + INR T * c).
  { destruct T as [|n]; [lia|]. rewrite nsum_S.
    assert (E1 : (1 + beta1 M) / (2 * (1 - beta1 M)) = / 2 + kappa M) by (unfold kappa; field; lra).
    assert (E2 : rho M = 1 + kappa M) by (unfold rho, kappa; rewrite Hfirst; field; lra).
    rewrite (nsum_ext (fun j => rest M L Pm (fun _ => 0) (Datatypes.S j)) (fun _ => c)).
    - rewrite nsum_const, S_INR. unfold rest. rewrite Hal, E2. right. unfold c. rewrite E1. field.
    - intros j _. unfold rest. rewrite D0, !Hal. unfold c. rewrite E1. field. }
  rewrite (nsum_ext _ (fun n => al * EQ n)) in H by (intros; rewrite Hal; reflexivity).
  rewrite nsum_scal in H. unfold average, sum_1_to. simpl pred.
  apply Rmult_le_reg_r with (al * INR T); [apply Rmult_lt_0_compat; assumption|].
  replace (nsum (fun n => EQ n) T / INR T * (al * INR T)) with (al * nsum (fun n => EQ n) T) by (field; lra).
  replace ((Delta / (al * INR T) + al * L * Pm * (1 + beta1 M) / (2 * (1 - beta1 M))
     + al * L * Pm * beta1 M ^ 2 / (2 * (1 - beta1 M) ^ 2 * INR T)) * (al * INR T))
    with (Delta + (L * Pm * (al ^ 2 * (kappa M ^ 2 / 2)) + INR T * c)) by (unfold c, kappa; field; lra).
  lra.
Qed.

End ConstantStep.

Section Theorem41.
Context {S : space} {I : Type}.
Variables (P : problem S I) (L f_inf G : R) (T : nat) (al b1 b2 e : R).
Hypothesis HS : smooth P L f_inf.
Hypothesis HA : adapted P.
Hypothesis HG : bounded_second_moment P T G.
Hypothesis Hal : 0 < al.
Hypothesis Hb1 : 0 <= b1 < 1.
Hypothesis Hb2 : 0 <= b2 <= 1.
Hypothesis He : 0 < e.
Hypothesis HT : (1 <= T)%nat.
Notation Delta := (expect (fun w => f P (theta0 P w)) - f_inf).

Lemma adopt_valid : valid (adopt_method (fun _ => al) b1 b2 e).
Proof. split; simpl; try assumption; try lra; intros; lra. Qed.

Lemma algorithm_1_valid : valid (algorithm_1 (fun _ => al) b1 b2 e).
Proof. split; simpl; try assumption; try lra; intros; lra. Qed.

Lemma P_nonneg : 0 <= G ^ 2 / e ^ 2.
Proof. apply Rmult_le_pos; [apply pow2_ge_0|left; apply Rinv_0_lt_compat, pow_lt, He]. Qed.

Lemma vsum_bound M : valid M -> forall n, (n < T)%nat -> expect (vsum M P n) <= G ^ 2.
Proof. intros V n Hn. apply vsum_moment; [exact V|]. intros t Ht. apply HG. lia. Qed.

(** T4.1, m_0 = 0. *)
Theorem process_adopt : let M := adopt_method (fun _ => al) b1 b2 e in
  unbiased M P T ->
  min_1_to (criterion M P) T <= average (criterion M P) T /\
  average (criterion M P) T <= sqrt (G ^ 2 + e ^ 2) * bracket Delta al L G b1 e (INR T).
Proof.
  intros M HU. pose proof adopt_valid as V. fold M in V. split; [apply min_1_to_average, HT|].
  eapply Rle_trans; [apply (average_criterion M P T V HT (G ^ 2)), vsum_bound, V|].
  apply Rmult_le_compat_l; [apply sqrt_pos|].
  pose proof (average_Q M P L f_inf T al V HS (fun _ => eq_refl) HT 1 (G ^ 2 / e ^ 2) (fun _ => 0)
    Rlt_0_1 P_nonneg) as H.
  rewrite nsum_const in H. unfold bracket.
  replace (al * L * G ^ 2 * (1 + b1) / (2 * e ^ 2 * (1 - b1)))
    with (al * L * (G ^ 2 / e ^ 2) * (1 + b1) / (2 * (1 - b1))) by (field; lra).
  replace (INR T * 0 / INR T) with 0 in H by (unfold Rdiv; ring). simpl beta1 in H.
  rewrite Rmult_1_l, Rplus_0_r in H. apply H.
  - intros n Hn. rewrite (expect_direction M P T n HA HU Hn) by reflexivity. lra.
  - intros n Hn. apply (dir_moment M P V n G). apply HG. lia.
  - reflexivity.
Qed.

(** T4.1 with Algorithm 1's start. *)
Theorem process_adopt_algorithm_1 : let M := algorithm_1 (fun _ => al) b1 b2 e in
  unbiased M P T ->
  min_1_to (criterion M P) T <= average (criterion M P) T /\
  average (criterion M P) T <= sqrt (G ^ 2 + e ^ 2)
    * (bracket Delta al L G b1 e (INR T) + al * L * G ^ 2 * b1 ^ 2 / (2 * e ^ 2 * (1 - b1) ^ 2 * INR T)).
Proof.
  intros M HU. pose proof algorithm_1_valid as V. fold M in V. split; [apply min_1_to_average, HT|].
  eapply Rle_trans; [apply (average_criterion M P T V HT (G ^ 2)), vsum_bound, V|].
  apply Rmult_le_compat_l; [apply sqrt_pos|].
  pose proof (INR_pos T HT) as PT.
  pose proof (average_Q_algorithm_1 M P L f_inf T al V HS (fun _ => eq_refl) HT (G ^ 2 / e ^ 2) P_nonneg) as H.
  simpl beta1 in H. unfold bracket.
  replace (al * L * G ^ 2 * (1 + b1) / (2 * e ^ 2 * (1 - b1)))
    with (al * L * (G ^ 2 / e ^ 2) * (1 + b1) / (2 * (1 - b1))) by (field; lra).
  replace (al * L * G ^ 2 * b1 ^ 2 / (2 * e ^ 2 * (1 - b1) ^ 2 * INR T))
    with (al * L * (G ^ 2 / e ^ 2) * b1 ^ 2 / (2 * (1 - b1) ^ 2 * INR T)) by (field; lra).
  apply H.
  - intros n Hn. rewrite (expect_direction M P T n HA HU Hn) by reflexivity. lra.
  - intros n Hn. apply (dir_moment M P V n G). apply HG. lia.
  - reflexivity.
Qed.

End Theorem41.
