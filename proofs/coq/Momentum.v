(** Second moment of the momentum. *)
From Coq Require Import Reals Lra Psatz List.
From ADOPT Require Import FiniteSum Vector Space Adopt.
Open Scope R_scope.

Section Momentum.
Context {S : space} {I : Type}.
Variables (M : method) (P : problem S I).
Hypothesis V : valid M.
Notation nrm2 := (nrm2 (idx P)).
Notation mom := (mom M P).
Notation dir := (dir M P).

Lemma mom_first w i : mom 1 w i = first M * dir O w i.
Proof. change (mom 1 w i) with (beta1 M * 0 + first M * dir O w i). ring. Qed.

Lemma mom_next n w i :
  mom (Datatypes.S (Datatypes.S n)) w i = beta1 M * mom (Datatypes.S n) w i + (1 - beta1 M) * dir (Datatypes.S n) w i.
Proof. reflexivity. Qed.

Lemma mom_zero w : nrm2 (mom O w) = 0.
Proof. transitivity (lsum (idx P) (fun _ => 0)); [|apply lsum_zero]. apply lsum_ext; intro; unfold Adopt.mom; simpl; ring. Qed.

(** Convexity of the square: ||m_(n+1)||^2 <= beta1 ||m_n||^2 + (1 - beta1) ||a_(n+1)||^2 for n >= 1. *)
Lemma mom_square n w :
  nrm2 (mom (Datatypes.S (Datatypes.S n)) w)
  <= beta1 M * nrm2 (mom (Datatypes.S n) w) + (1 - beta1 M) * nrm2 (dir (Datatypes.S n) w).
Proof.
  pose proof (beta1_range M V). exact (nrm2_convex (idx P) (beta1 M) (mom (Datatypes.S n) w) (dir (Datatypes.S n) w) ltac:(lra)).
Qed.

Lemma mom_square_first w : nrm2 (mom 1 w) <= first M ^ 2 * nrm2 (dir O w).
Proof.
  right. unfold Vector.nrm2. rewrite <- lsum_scal. apply lsum_ext; intro i. rewrite mom_first. ring.
Qed.

Lemma first_square : 0 <= first M ^ 2 <= 1.
Proof.
  pose proof (first_range M V) as Hf. pose proof (beta1_range M V). split; [apply pow2_ge_0|].
  replace 1 with (1 ^ 2) by ring. apply pow_incr; lra.
Qed.

(** E ||m_n||^2 <= B when E ||a_j||^2 <= B for all j <= n. *)
Lemma mom_moment n B : 0 <= B -> (forall j, (j < n)%nat -> expect (fun w => nrm2 (dir j w)) <= B) ->
  expect (fun w => nrm2 (mom n w)) <= B.
Proof.
  intros HB H. destruct n as [|n].
  - rewrite (expect_ext _ (fun _ => 0) mom_zero), expect_const. exact HB.
  - induction n as [|n IH].
    + eapply Rle_trans; [apply expect_le; intro; apply mom_square_first|]. rewrite expect_scal.
      pose proof (H O (Nat.lt_0_1)) as H0. pose proof first_square as HF.
      assert (0 <= expect (fun w => nrm2 (dir O w))) by (apply expect_nonneg; intro; apply nrm2_nonneg).
      apply Rle_trans with (1 * expect (fun w => nrm2 (dir O w))); [|lra].
      apply Rmult_le_compat_r; lra.
    + eapply Rle_trans; [apply expect_le; intro; apply mom_square|].
      rewrite expect_plus, !expect_scal. pose proof (beta1_range M V) as Hb.
      pose proof (IH (fun j Hj => H j (Nat.lt_lt_succ_r _ _ Hj))) as H1.
      pose proof (H (Datatypes.S n) (Nat.lt_succ_diag_r _)) as H2.
      apply Rmult_le_compat_l with (r := beta1 M) in H1; [|lra].
      apply Rmult_le_compat_l with (r := 1 - beta1 M) in H2; [|lra]. lra.
Qed.

(** The same in expectation from n = 0 on, when m_0 = 0 (Algorithm 2's form). *)
Lemma expect_mom_square n : first M = 1 - beta1 M ->
  expect (fun w => nrm2 (mom (Datatypes.S n) w))
  <= beta1 M * expect (fun w => nrm2 (mom n w)) + (1 - beta1 M) * expect (fun w => nrm2 (dir n w)).
Proof.
  intro HF. rewrite <- !expect_scal, <- expect_plus. apply expect_le; intro w. destruct n as [|n]; [|apply mom_square].
  rewrite mom_zero. eapply Rle_trans; [apply mom_square_first|]. rewrite HF. pose proof (beta1_range M V).
  assert (0 <= beta1 M * (1 - beta1 M) * nrm2 (dir O w)).
  { apply Rmult_le_pos; [apply Rmult_le_pos; lra|apply nrm2_nonneg]. } lra.
Qed.

Lemma mom_sum T : first M = 1 - beta1 M ->
  nsum (fun n => expect (fun w => nrm2 (mom n w))) T <= nsum (fun n => expect (fun w => nrm2 (dir n w))) T.
Proof.
  intro HF. apply (nsum_moving_average (beta1 M)); [apply beta1_range, V| | |intro n; apply expect_mom_square, HF].
  - rewrite (expect_ext _ (fun _ => 0) mom_zero). apply expect_const.
  - intro. apply expect_nonneg; intro; apply nrm2_nonneg.
Qed.

End Momentum.
