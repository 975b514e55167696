(** Steps alpha_t = alpha0 / sqrt t: E.1 (both starts), and clipped. *)
From Coq Require Import Reals Lra Psatz List.
From ADOPT Require Import FiniteSum Vector Holder Space Adopt SecondMoment Momentum Descent ConstantStep Clipping StepSizes.
Open Scope R_scope.

Definition decaying (a0 : R) (t : nat) : R := a0 / sqrt (INR t).
(** max(sqrt T, 2 sqrt(T+1) - 2), at most the sum of 1/sqrt t *)
Definition root_sum (T : nat) : R := Rmax (sqrt (INR T)) (2 * sqrt (INR (S T)) - 2).

Lemma root_sum_le T : root_sum T <= sum_1_to isqrt T.
Proof. apply Rmax_lub; [apply sum_isqrt_lower|apply sum_isqrt_lower_2]. Qed.

Lemma root_sum_pos T : (1 <= T)%nat -> 0 < root_sum T.
Proof.
  intro HT. eapply Rlt_le_trans; [|apply Rmax_l]. apply sqrt_lt_R0, lt_0_INR. lia.
Qed.

Lemma decaying_pos a0 t : 0 < a0 -> 0 < decaying a0 (S t).
Proof. intro Ha. apply Rmult_lt_0_compat; [exact Ha|apply isqrt_pos]. Qed.

Section Decaying.
Context {S : space} {I : Type}.
Variables (M : method) (P : problem S I) (L f_inf G a0 : R) (T : nat).
Hypothesis V : valid M.
Hypothesis HS : smooth P L f_inf.
Hypothesis Hal : alpha M = decaying a0.
Hypothesis Ha0 : 0 < a0.
Hypothesis HT : (1 <= T)%nat.
Notation EQ n := (expect (Q M P n)).
Notation Delta := (expect (fun w => f P (theta0 P w)) - f_inf).
Notation al := (alpha M).
Let Pm := G ^ 2 / eps M ^ 2.

Lemma Pm_ge : 0 <= Pm.
Proof. apply Rmult_le_pos; [apply pow2_ge_0|left; apply Rinv_0_lt_compat, pow_lt, eps_pos, V]. Qed.

Lemma d_nonneg n : (1 <= n)%nat -> 0 <= d_ M n.
Proof.
  intro Hn. destruct n as [|n]; [lia|]. unfold d_. rewrite Hal. unfold decaying, Rdiv.
  pose proof (isqrt_decreasing n) as H. unfold isqrt in H.
  apply Rmult_le_compat_l with (r := a0) in H; lra.
Qed.

(** The sum of the remainders; [extra] is what Algorithm 1's start adds. *)
Lemma rest_sum B extra : rho M ^ 2 / 2 = / 2 + extra -> 0 <= extra ->
  nsum (rest M L Pm B) T
  <= nsum (fun n => weight M n * B n) T + kappa M * a0 * (eps M * Pm)
     + L * Pm * (a0 ^ 2 * ((/ 2 + kappa M) * (1 + ln (INR T)) + extra + 6164 / 10000 * kappa M ^ 2)).
Proof.
  intros Hrho Hextra. pose proof (kappa_nonneg M V) as Hk. pose proof Pm_ge as HP. pose proof (sm_L P _ _ HS) as HL.
  pose proof (eps_pos M V) as He.
  assert (HLP : 0 <= L * Pm) by (apply Rmult_le_pos; assumption).
  assert (U : forall m, al (Datatypes.S m) = a0 * isqrt (Datatypes.S m)) by (intro; rewrite Hal; reflexivity).
  assert (U1 : isqrt 1 = 1) by (unfold isqrt; simpl; rewrite sqrt_1; apply Rinv_1).
  (* an exact expression for the partial sums *)
  assert (H : forall m, nsum (rest M L Pm B) (Datatypes.S m)
    = nsum (fun n => weight M n * B n) (Datatypes.S m) + kappa M * (a0 - al (Datatypes.S m)) * (eps M * Pm)
      + L * Pm * (a0 ^ 2 * (/ 2 * sum_1_to (fun t => isqrt t ^ 2) (Datatypes.S m) + extra
          + kappa M * (sum_1_to (fun t => isqrt t ^ 2) (Datatypes.S m) - isqrt (Datatypes.S m) ^ 2 - nsum decrement2 (Datatypes.S m))
          + kappa M ^ 2 * ((1 - isqrt (Datatypes.S m) ^ 2) / 2 + nsum decrement2 (Datatypes.S m))))).
  { unfold sum_1_to. induction m as [|m IH].
    - cbn [nsum]. change (decrement2 0) with 0. unfold rest, weight. rewrite !U, U1.
      replace ((a0 * 1 * rho M) ^ 2 / 2) with (a0 ^ 2 * (rho M ^ 2 / 2)) by field. rewrite Hrho. field.
    - set (n := Datatypes.S m) in *. change (nsum ?h (Datatypes.S n)) with (nsum h n + h n).
      change (nsum (rest M L Pm B) (Datatypes.S n)) with (nsum (rest M L Pm B) n + rest M L Pm B n).
      rewrite IH. cbn [nsum].
      change (rest M L Pm B n) with (al (Datatypes.S n) * B n + kappa M * d_ M n * (eps M * Pm)
         + L * Pm * (al (Datatypes.S n) ^ 2 / 2 + kappa M * (al n ^ 2 - d_ M n ^ 2)
                     + kappa M ^ 2 * ((al n ^ 2 - al (Datatypes.S n) ^ 2) / 2 + d_ M n ^ 2))).
      change (weight M n) with (al (Datatypes.S n)). change (decrement2 n) with ((isqrt n - isqrt (Datatypes.S n)) ^ 2).
      assert (Un : al n = a0 * isqrt n) by apply U. unfold d_. rewrite (U n), Un. field. }
  destruct T as [|m]; [lia|]. rewrite H. pose proof (alpha_pos M V m) as Pa.
  pose proof (harmonic (Datatypes.S m) ltac:(lia)) as Hh.
  assert (Eh : sum_1_to (fun t => isqrt t ^ 2) (Datatypes.S m) = sum_1_to (fun t => / INR t) (Datatypes.S m))
    by (apply nsum_ext; intros; apply isqrt_square).
  rewrite Eh. pose proof (decrement2_sum (Datatypes.S m)) as Hd. pose proof (pow2_ge_0 (isqrt (Datatypes.S m))) as Hi.
  assert (Hd0 : 0 <= nsum decrement2 (Datatypes.S m)) by (apply nsum_nonneg; intros; apply decrement2_nonneg).
  set (h := sum_1_to _ _) in *. set (q := nsum decrement2 _) in *. set (i2 := isqrt _ ^ 2) in *.
  apply Rplus_le_compat; [apply Rplus_le_compat_l|].
  - apply Rmult_le_compat_r; [apply Rmult_le_pos; [lra|exact HP]|]. apply Rmult_le_compat_l; lra.
  - apply Rmult_le_compat_l; [exact HLP|]. apply Rmult_le_compat_l; [apply pow2_ge_0|].
    assert (A1 : kappa M * (h - i2 - q) <= kappa M * (1 + ln (INR (Datatypes.S m)))) by (apply Rmult_le_compat_l; lra).
    assert (A2 : kappa M ^ 2 * ((1 - i2) / 2 + q) <= kappa M ^ 2 * (6164 / 10000)) by (apply Rmult_le_compat_l; [apply pow2_ge_0|lra]).
    lra.
Qed.

(** Average with weights alpha_t, then divide by their sum, for any numbers q n in
    the place of E Q and u t in the place of M_t^(3/2). *)
Lemma decaying_min_of_sum k B extra (q u : nat -> R) gap : 0 < k -> rho M ^ 2 / 2 = / 2 + extra -> 0 <= extra ->
  (forall n, (n < T)%nat -> 0 <= u (Datatypes.S n) <= sqrt (G ^ 2 + eps M ^ 2) * q n) ->
  k * nsum (fun n => al (Datatypes.S n) * q n) T <= gap + nsum (rest M L Pm B) T ->
  min_1_to u T
  <= sqrt (G ^ 2 + eps M ^ 2) / root_sum T * (/ k * (gap / a0 + kappa M * G ^ 2 / eps M
       + a0 * L * (G ^ 2 / eps M ^ 2) * ((/ 2 + kappa M) * (1 + ln (INR T)) + extra + 6164 / 10000 * kappa M ^ 2)
       + nsum (fun n => weight M n * B n) T / a0)).
Proof.
  intros Hk Hrho Hextra Hu D. pose proof (eps_pos M V) as He. pose proof (root_sum_pos T HT) as PR.
  pose proof (root_sum_le T) as HR. set (C := sqrt (G ^ 2 + eps M ^ 2)) in *. assert (HC : 0 <= C) by apply sqrt_pos.
  pose proof (rest_sum B extra Hrho Hextra) as R.
  set (X := gap + (nsum (fun n => weight M n * B n) T + kappa M * a0 * (eps M * Pm)
     + L * Pm * (a0 ^ 2 * ((/ 2 + kappa M) * (1 + ln (INR T)) + extra + 6164 / 10000 * kappa M ^ 2)))) in *.
  assert (D2 : nsum (fun n => al (Datatypes.S n) * q n) T <= / k * X).
  { apply Rmult_le_reg_l with k; [exact Hk|]. rewrite <- Rmult_assoc, Rinv_r, Rmult_1_l by lra. unfold X. lra. }
  assert (W : min_1_to u T * (a0 * sum_1_to isqrt T) <= C * nsum (fun n => al (Datatypes.S n) * q n) T).
  { unfold sum_1_to. rewrite <- !nsum_scal. apply nsum_le; intros n Hn.
    assert (Ean : al (Datatypes.S n) = a0 * isqrt (Datatypes.S n)) by (rewrite Hal; reflexivity). rewrite <- Ean.
    pose proof (min_1_to_le u T (Datatypes.S n) ltac:(lia)) as Hmin.
    pose proof (Hu n Hn) as HH. pose proof (alpha_pos M V n).
    replace (C * (al (Datatypes.S n) * q n)) with (al (Datatypes.S n) * (C * q n)) by ring.
    rewrite Rmult_comm. apply Rmult_le_compat_l; lra. }
  assert (M0 : 0 <= min_1_to u T).
  { destruct (min_1_to_attained u T HT) as (t & Ht & ->). destruct t as [|t]; [lia|]. apply (Hu t). lia. }
  assert (W2 : min_1_to u T * (a0 * root_sum T) <= C * (/ k * X)).
  { apply Rle_trans with (min_1_to u T * (a0 * sum_1_to isqrt T)).
    - apply Rmult_le_compat_l; [exact M0|]. apply Rmult_le_compat_l; lra.
    - eapply Rle_trans; [exact W|]. apply Rmult_le_compat_l; assumption. }
  apply Rmult_le_reg_r with (a0 * root_sum T); [apply Rmult_lt_0_compat; assumption|].
  eapply Rle_trans; [exact W2|]. right. unfold X, Pm. field. repeat split; lra.
Qed.

Hypothesis HU : unbiased M P T.
Hypothesis HG : bounded_second_moment P T G.

Lemma decaying_min k B extra : 0 < k -> rho M ^ 2 / 2 = / 2 + extra -> 0 <= extra ->
  (forall n, (n < T)%nat -> k * EQ n - B n <= expect (fun w => dot (idx P) (gradient M P n w) (dir M P n w))) ->
  min_1_to (criterion M P) T
  <= sqrt (G ^ 2 + eps M ^ 2) / root_sum T * (/ k * (Delta / a0 + kappa M * G ^ 2 / eps M
       + a0 * L * (G ^ 2 / eps M ^ 2) * ((/ 2 + kappa M) * (1 + ln (INR T)) + extra + 6164 / 10000 * kappa M ^ 2)
       + nsum (fun n => weight M n * B n) T / a0)).
Proof.
  intros Hk Hrho Hextra Hdir. pose proof (eps_pos M V) as He.
  assert (Hdm : forall n, (n < T)%nat -> expect (fun w => nrm2 (idx P) (dir M P n w)) <= Pm)
    by (intros n Hn; apply (dir_moment M P V n G), HG; lia).
  assert (Hgm : forall n, (1 <= n < T)%nat -> d_ M n * expect (fun w => nrm2 (idx P) (gradient M P n w)) <= d_ M n * (eps M ^ 2 * Pm)).
  { intros n Hn. apply Rmult_le_compat_l; [apply d_nonneg; lia|].
    replace (eps M ^ 2 * Pm) with (G ^ 2) by (unfold Pm; field; lra). apply (gradient_moment M P T G n HU HG). lia. }
  apply (decaying_min_of_sum k B extra (fun n => EQ n)); try assumption.
  - intros n Hn. split; [apply rpow_nonneg|].
    exact (criterion_le_Q M P V n (G ^ 2) (vsum_moment M P V n (G ^ 2) (fun t Ht => HG t ltac:(lia)))).
  - exact (descent_alpha_sum M P L f_inf V HS T k Pm B Pm_ge Hdir Hdm d_nonneg Hgm HT ltac:(lra)).
Qed.

End Decaying.

Section E1.
Context {S : space} {I : Type}.
Variables (P : problem S I) (L f_inf G : R) (T : nat) (a0 b1 b2 e : R).
Hypothesis HS : smooth P L f_inf.
Hypothesis HA : adapted P.
Hypothesis HG : bounded_second_moment P T G.
Hypothesis Ha0 : 0 < a0.
Hypothesis Hb1 : 0 <= b1 < 1.
Hypothesis Hb2 : 0 <= b2 <= 1.
Hypothesis He : 0 < e.
Hypothesis HT : (1 <= T)%nat.
Notation Delta := (expect (fun w => f P (theta0 P w)) - f_inf).
Notation k_ := (b1 / (1 - b1)).
Notation P_ := (G ^ 2 / e ^ 2).

Theorem process_adopt_decaying : let M := adopt_method (decaying a0) b1 b2 e in
  unbiased M P T ->
  min_1_to (criterion M P) T <= sqrt (G ^ 2 + e ^ 2) / root_sum T
    * (Delta / a0 + k_ * G ^ 2 / e + a0 * L * P_ * ((/ 2 + k_) * (1 + ln (INR T)) + 6164 / 10000 * k_ ^ 2)).
Proof.
  intros M HU.
  assert (V : valid M) by (split; simpl; try assumption; try lra; intros; try lra; apply decaying_pos, Ha0).
  assert (Hr : rho M ^ 2 / 2 = / 2 + 0) by (unfold rho, M; simpl; field; lra).
  eapply Rle_trans; [apply (decaying_min M P L f_inf G a0 T V HS eq_refl Ha0 HT HU HG 1 (fun _ => 0) 0 Rlt_0_1 Hr (Rle_refl 0))|].
  - intros n Hn. rewrite (expect_direction M P T n HA HU Hn) by reflexivity. lra.
  - right. f_equal. rewrite (nsum_ext _ (fun _ => 0)) by (intros; ring). rewrite nsum_const.
    unfold kappa. simpl. field. lra.
Qed.

Theorem process_adopt_decaying_algorithm_1 : let M := algorithm_1 (decaying a0) b1 b2 e in
  unbiased M P T ->
  min_1_to (criterion M P) T <= sqrt (G ^ 2 + e ^ 2) / root_sum T
    * (Delta / a0 + k_ * G ^ 2 / e + a0 * L * P_ * ((/ 2 + k_) * (1 + ln (INR T)) + k_ + 11164 / 10000 * k_ ^ 2)).
Proof.
  intros M HU.
  assert (V : valid M) by (split; simpl; try assumption; try lra; intros; try lra; apply decaying_pos, Ha0).
  assert (Hr : rho M ^ 2 / 2 = / 2 + (k_ + k_ ^ 2 / 2)) by (unfold rho, M; simpl; field; lra).
  assert (Hk : 0 <= k_) by exact (kappa_nonneg M V).
  assert (Hx : 0 <= k_ + k_ ^ 2 / 2) by (pose proof (pow2_ge_0 k_); lra).
  eapply Rle_trans; [apply (decaying_min M P L f_inf G a0 T V HS eq_refl Ha0 HT HU HG 1 (fun _ => 0) _ Rlt_0_1 Hr Hx)|].
  - intros n Hn. rewrite (expect_direction M P T n HA HU Hn) by reflexivity. lra.
  - right. f_equal. rewrite (nsum_ext _ (fun _ => 0)) by (intros; ring). rewrite nsum_const.
    unfold kappa. simpl. field. lra.
Qed.

(** Clipped with c_t = c0 t^(1/4). *)
Theorem process_adopt_clipped_decaying c0 : 0 < c0 ->
  let M := clipped_method (fun t => c0 * sqrt (sqrt (INR t))) (decaying a0) b1 b2 e in
  unbiased M P T -> bounded_conditional_second_moment P T G ->
  min_1_to (criterion M P) T <= sqrt (G ^ 2 + e ^ 2) / root_sum T
    * (2 * Delta / a0 + 2 * k_ * G ^ 2 / e
       + 2 * a0 * L * P_ * ((/ 2 + k_) * (1 + ln (INR T)) + 6164 / 10000 * k_ ^ 2)
       + G ^ 4 * (1 + ln (INR T)) / (16 * e ^ 3 * c0 ^ 2)).
Proof.
  intros Hc0 M HU HC. set (c := fun t => c0 * sqrt (sqrt (INR t))).
  assert (Hc : forall t, 0 < c (Datatypes.S t))
    by (intro; apply Rmult_lt_0_compat; [exact Hc0|]; apply sqrt_lt_R0, sqrt_lt_R0, INR_S_pos).
  assert (V : valid M) by (apply (clipped_valid c b1 b2 e Hc Hb1 Hb2 He); intro; apply decaying_pos, Ha0).
  assert (Hr : rho M ^ 2 / 2 = / 2 + 0) by (unfold rho, M; simpl; field; lra).
  eapply Rle_trans; [apply (decaying_min M P L f_inf G a0 T V HS eq_refl Ha0 HT HU HG (/ 2) (bias_rate c e G) 0 ltac:(lra) Hr (Rle_refl 0))|].
  - exact (clipped_direction P c (decaying a0) b1 b2 e G T V HA HU HC Hc).
  - apply Rmult_le_compat_l.
    { apply Rmult_le_pos; [apply sqrt_pos|left; apply Rinv_0_lt_compat, root_sum_pos, HT]. }
    assert (A : nsum (fun n => weight M n * bias_rate c e G n) T / a0 <= / 2 * (G ^ 4 * (1 + ln (INR T)) / (16 * e ^ 3 * c0 ^ 2))).
    { assert (E : nsum (fun n => weight M n * bias_rate c e G n) T
                  = a0 * (G ^ 4 / (32 * e ^ 3 * c0 ^ 2)) * sum_1_to (fun t => / INR t) T).
      { unfold sum_1_to. rewrite <- nsum_scal. apply nsum_ext; intros n _.
        assert (Ew : weight M n = a0 * / sqrt (INR (Datatypes.S n))).
        { destruct n as [|n]; [|reflexivity]. unfold weight, rho, M. simpl alpha. simpl first. simpl beta1. unfold decaying. field.
          repeat split; try lra; apply Rgt_not_eq, sqrt_lt_R0, INR_S_pos. }
        rewrite Ew. unfold bias_rate, c. pose proof (INR_S_pos n) as Pn.
        rewrite Rpow_mult_distr, pow2_sqrt by apply sqrt_pos.
        assert (Pr : 0 < sqrt (INR (Datatypes.S n))) by (apply sqrt_lt_R0, Pn).
        assert (Er : INR (Datatypes.S n) = sqrt (INR (Datatypes.S n)) * sqrt (INR (Datatypes.S n)))
          by (symmetry; apply sqrt_sqrt; lra).
        rewrite Er at 3. field. lra. }
      rewrite E. pose proof (harmonic T HT) as H.
      assert (Z : 0 <= G ^ 4 / (32 * e ^ 3 * c0 ^ 2)).
      { replace (G ^ 4) with ((G ^ 2) ^ 2) by ring. apply Rmult_le_pos; [apply pow2_ge_0|]. left. apply Rinv_0_lt_compat.
        repeat apply Rmult_lt_0_compat; try lra; apply pow_lt; lra. }
      apply Rmult_le_compat_l with (r := G ^ 4 / (32 * e ^ 3 * c0 ^ 2)) in H; [|exact Z].
      apply Rle_trans with (G ^ 4 / (32 * e ^ 3 * c0 ^ 2) * sum_1_to (fun t => / INR t) T); [right; field; lra|].
      eapply Rle_trans; [exact H|]. right. field. lra. }
    unfold kappa. simpl beta1. simpl eps.
    apply Rle_trans with (/ / 2 * (Delta / a0 + k_ * G ^ 2 / e
      + a0 * L * P_ * ((/ 2 + k_) * (1 + ln (INR T)) + 0 + 6164 / 10000 * k_ ^ 2)
      + / 2 * (G ^ 4 * (1 + ln (INR T)) / (16 * e ^ 3 * c0 ^ 2)))).
    + apply Rmult_le_compat_l; [lra|]. apply Rplus_le_compat_l, A.
    + right. field. lra.
Qed.

End E1.
