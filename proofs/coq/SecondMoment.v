(** Second moments of the normalised gradient and of v, and step 7: Hoelder's
    inequality turns a bound on E Q into one on M^(3/2). *)
From Coq Require Import Reals Lra Psatz List.
From ADOPT Require Import FiniteSum Vector Holder Space Adopt.
Open Scope R_scope.

Lemma square_quotient e a d : 0 < e -> e <= d -> (a / d) ^ 2 <= / e ^ 2 * a ^ 2.
Proof.
  intros He H. unfold Rdiv. rewrite Rpow_mult_distr, Rmult_comm, pow_inv.
  apply Rmult_le_compat_r; [apply pow2_ge_0|].
  apply Rinv_le_contravar; [apply pow_lt, He|apply pow_incr; lra].
Qed.

Section SecondMoment.
Context {S : space} {I : Type}.
Variables (M : method) (P : problem S I).
Hypothesis V : valid M.
Notation nrm2 := (nrm2 (idx P)).
Notation EQ n := (expect (Q M P n)).

Lemma dir_square n w : nrm2 (dir M P n w) <= / eps M ^ 2 * nrm2 (g P (Datatypes.S n) w).
Proof.
  unfold Vector.nrm2. rewrite <- lsum_scal. apply lsum_le; intro i. unfold dir.
  eapply Rle_trans; [|apply (square_quotient (eps M) _ (s_ M P n w i)); [apply eps_pos, V|apply s_eps]].
  rewrite <- !(pow2_abs (post _ _ _)), <- (pow2_abs (_ / _)).
  apply pow_incr; split; [apply Rabs_pos|apply post_shrinks, V].
Qed.

(** Step 5: E ||a_(n+1)||^2 <= G^2 / eps^2. *)
Lemma dir_moment n G : expect (fun w => nrm2 (g P (Datatypes.S n) w)) <= G ^ 2 ->
  expect (fun w => nrm2 (dir M P n w)) <= G ^ 2 / eps M ^ 2.
Proof.
  intro H. pose proof (eps_pos M V) as He.
  eapply Rle_trans; [apply expect_le; intro w; apply dir_square|].
  rewrite expect_scal, Rmult_comm. apply Rmult_le_compat_r; [|exact H].
  left; apply Rinv_0_lt_compat, pow_lt, He.
Qed.

Lemma vsum_step n w : vsum M P (Datatypes.S n) w = beta2 M * vsum M P n w + (1 - beta2 M) * nrm2 (g P (Datatypes.S n) w).
Proof. unfold vsum, Vector.nrm2. simpl vv. rewrite lsum_plus, !lsum_scal. reflexivity. Qed.

(** E ||v_n||_1 <= B when the second moments of g_0, ..., g_n are at most B. *)
Lemma vsum_moment n B : (forall t, (t <= n)%nat -> expect (fun w => nrm2 (g P t w)) <= B) ->
  expect (vsum M P n) <= B.
Proof.
  induction n as [|n IH]; intro H; [apply (H O); lia|].
  rewrite (expect_ext _ _ (vsum_step n)), expect_plus, !expect_scal.
  pose proof (IH (fun t Ht => H t (le_S _ _ Ht))) as H1. pose proof (H (Datatypes.S n) (le_n _)) as H2.
  pose proof (beta2_range M V) as Hb.
  apply Rmult_le_compat_l with (r := beta2 M) in H1; [|lra].
  apply Rmult_le_compat_l with (r := 1 - beta2 M) in H2; [|lra]. lra.
Qed.

(** ||grad||^4 <= Q^2 (eps^2 + ||v||_1), pointwise *)
Lemma gradient_power n w :
  rpow (norm (idx P) (gradient M P n w)) (4 / 3) ^ 3 <= Q M P n w ^ 2 * (eps M ^ 2 + vsum M P n w).
Proof.
  apply norm_power_43.
  - pose proof (pow2_ge_0 (eps M)). pose proof (vsum_nonneg M P V n w). lra.
  - intro i. apply Rmult_le_pos; [apply pow2_ge_0|left; apply Rinv_0_lt_compat, s_pos, V].
  - intros i Hi. exists (s_ M P n w i). split; [apply s_square; assumption|].
    pose proof (s_pos M P V n w i). right. field. lra.
Qed.

(** Step 7. *)
Lemma criterion_le_Q n B : expect (vsum M P n) <= B ->
  criterion M P (Datatypes.S n) <= sqrt (B + eps M ^ 2) * EQ n.
Proof.
  intro H. apply (expect_holder_32 _ (Q M P n) (fun w => eps M ^ 2 + vsum M P n w)).
  - intro; apply rpow_nonneg.
  - intro; apply Q_nonneg, V.
  - intro w. pose proof (vsum_nonneg M P V n w). pose proof (pow2_ge_0 (eps M)). lra.
  - intro; apply gradient_power.
  - rewrite expect_plus, expect_const. unfold vsum in *. lra.
Qed.

(** Conditional Jensen: E ||grad_n||^2 <= E ||g_(n+1)||^2. *)
Lemma gradient_moment T G n : unbiased M P T -> bounded_second_moment P T G -> (n < T)%nat ->
  expect (fun w => nrm2 (gradient M P n w)) <= G ^ 2.
Proof.
  intros HU HG Hn. eapply Rle_trans; [|apply (HG (Datatypes.S n)); lia].
  eapply Rle_trans; [|apply (expect_nrm2_cond (idx P) n)]. right. apply expect_ext; intro w.
  apply lsum_ext; intro i. rewrite HU by exact Hn. reflexivity.
Qed.

(** E <grad, a> sees the direction through its conditional mean only. *)
Lemma expect_mean_direction n : adapted P ->
  expect (fun w => dot (idx P) (gradient M P n w) (dir M P n w))
  = expect (fun w => dot (idx P) (gradient M P n w) (fun i => cond n (fun w => dir M P n w i) w)).
Proof. intro HA. exact (expect_dot_pull (idx P) n _ _ (state_measurable M P HA n (fun s => nf P (th s)))). Qed.

Lemma mean_direction n w i : adapted P -> (forall a, post M (Datatypes.S n) a = a) ->
  cond n (fun w => dir M P n w i) w = cond n (fun w => g P (Datatypes.S n) w i) w / s_ M P n w i.
Proof.
  intros HA Hid. rewrite (cond_ext n _ (fun w => / s_ M P n w i * g P (Datatypes.S n) w i))
    by (intro; unfold dir; rewrite Hid; unfold Rdiv; ring).
  rewrite (cond_pull S n _ _ (state_measurable M P HA n (fun s => / den (eps M) s i))). unfold s_, Rdiv. ring.
Qed.

(** A direction that is near g/s at every outcome is near grad/s in the mean. *)
Lemma mean_direction_near T n w i (k H : S -> R) : adapted P -> unbiased M P T -> (n < T)%nat -> measurable n k ->
  (forall w, Rabs (dir M P n w i - g P (Datatypes.S n) w i / s_ M P n w i) <= k w * H w) ->
  Rabs (cond n (fun w => dir M P n w i) w - gradient M P n w i / s_ M P n w i) <= k w * cond n H w.
Proof.
  intros HA HU Hn Hk B.
  assert (Ms : measurable n (fun w => / s_ M P n w i)) by exact (state_measurable M P HA n (fun s => / den (eps M) s i)).
  replace (cond n (fun w => dir M P n w i) w - gradient M P n w i / s_ M P n w i)
    with (cond n (fun w => dir M P n w i - / s_ M P n w i * g P (Datatypes.S n) w i) w)
    by (rewrite cond_minus, (cond_pull S n _ _ Ms), HU by exact Hn; unfold Rdiv; ring).
  rewrite <- (cond_pull S n k H Hk). apply cond_abs. intro w'. rewrite (Rmult_comm (/ _)). apply B.
Qed.

(** Step 3 for plain ADOPT: E <grad, a> = E Q, since s_n is F_n-measurable. *)
Lemma expect_direction T n : adapted P -> unbiased M P T -> (n < T)%nat -> (forall a, post M (Datatypes.S n) a = a) ->
  expect (fun w => dot (idx P) (gradient M P n w) (dir M P n w)) = EQ n.
Proof.
  intros HA HU Hn Hid. rewrite (expect_mean_direction n HA). apply expect_ext; intro w. apply lsum_ext; intro i.
  rewrite mean_direction, HU by assumption. unfold Rdiv. ring.
Qed.

End SecondMoment.
