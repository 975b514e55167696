(** N6: biased gradients, ||E[g | F] - grad|| <= delta. *)
From Coq Require Import Reals Lra Psatz List.
From ADOPT Require Import FiniteSum Young Vector Holder Space Adopt SecondMoment Momentum Descent ConstantStep.
Open Scope R_scope.

Definition biased {S : space} {I : Type} (M : method) (P : problem S I) (T : nat) (delta : R) : Prop :=
  forall n, (n < T)%nat -> forall w,
  nrm2 (idx P) (vsub (fun i => cond n (fun w => g P (Datatypes.S n) w i) w) (gradient M P n w)) <= delta ^ 2.

Section Bias.
Context {S : space} {I : Type}.
Variables (P : problem S I) (L f_inf G delta : R) (T : nat) (al b1 b2 e : R).
Hypothesis HS : smooth P L f_inf.
Hypothesis HA : adapted P.
Hypothesis HG : bounded_second_moment P T G.
Hypothesis Hal : 0 < al.
Hypothesis Hb1 : 0 <= b1 < 1.
Hypothesis Hb2 : 0 <= b2 <= 1.
Hypothesis He : 0 < e.
Hypothesis HT : (1 <= T)%nat.
Notation M := (adopt_method (fun _ => al) b1 b2 e).
Notation Delta := (expect (fun w => f P (theta0 P w)) - f_inf).
Hypothesis HB : biased M P T delta.

(** Young: E <grad, a> >= E Q / 2 - delta^2 / (2 eps). *)
Lemma biased_direction n : (n < T)%nat ->
  / 2 * expect (Q M P n) - delta ^ 2 / (2 * e) <= expect (fun w => dot (idx P) (gradient M P n w) (dir M P n w)).
Proof.
  intro Hn. pose proof (adopt_valid al b1 b2 e Hal Hb1 Hb2 He) as V.
  rewrite (expect_mean_direction M P n HA).
  rewrite <- expect_scal, <- (expect_const (S := S) (delta ^ 2 / (2 * e))), <- expect_minus.
  apply expect_le; intro w. pose proof (HB n Hn w) as D. set (gm := fun i => cond n (fun w => g P (Datatypes.S n) w i) w) in *.
  assert (S2 : forall i, / 2 * (gradient M P n w i ^ 2 / s_ M P n w i) + - / (2 * e) * vsub gm (gradient M P n w) i ^ 2
                         <= gradient M P n w i * cond n (fun w => dir M P n w i) w).
  { intro i. rewrite (mean_direction M P n w i HA (fun _ => eq_refl)). fold (gm i).
    pose proof (s_eps M P n w i) as Hs. simpl eps in Hs. unfold vsub.
    set (s := s_ M P n w i) in *. set (x := gradient M P n w i). set (b := gm i - x). assert (Ps : 0 < s) by lra.
    pose proof (young_biased s x (b / s) Ps) as Y.
    replace (x * (gm i / s)) with (x * (x / s + b / s)) by (unfold b; field; lra).
    replace (s * (b / s) ^ 2) with (/ s * b ^ 2) in Y by (field; lra).
    assert (Z : / s * b ^ 2 <= / e * b ^ 2) by (apply Rmult_le_compat_r; [apply pow2_ge_0|apply Rinv_le_contravar; lra]).
    rewrite Rinv_mult. lra. }
  eapply Rle_trans; [|apply (lsum_le _ _ _ S2)]. rewrite lsum_plus, !lsum_scal.
  apply Rmult_le_compat_l with (r := / (2 * e)) in D; [|left; apply Rinv_0_lt_compat; lra].
  unfold Q, nrm2 in *. unfold Rdiv at 2. lra.
Qed.

Theorem process_adopt_biased :
  min_1_to (criterion M P) T <= average (criterion M P) T /\
  average (criterion M P) T <= sqrt (G ^ 2 + e ^ 2) * (2 * bracket Delta al L G b1 e (INR T) + delta ^ 2 / e).
Proof.
  pose proof (adopt_valid al b1 b2 e Hal Hb1 Hb2 He) as V. split; [apply min_1_to_average, HT|].
  eapply Rle_trans; [apply (average_criterion M P T V HT (G ^ 2)), (vsum_bound P G T HG HT M V)|].
  apply Rmult_le_compat_l; [apply sqrt_pos|]. pose proof (INR_pos T HT) as PT.
  pose proof (average_Q M P L f_inf T al V HS (fun _ => eq_refl) HT (/ 2) (G ^ 2 / e ^ 2)
    (fun _ => delta ^ 2 / (2 * e)) ltac:(lra) (P_nonneg G e He) biased_direction
    (fun n Hn => dir_moment M P V n G (HG _ Hn)) eq_refl) as H.
  simpl beta1 in H. rewrite nsum_const in H. unfold bracket.
  replace (INR T * (delta ^ 2 / (2 * e)) / INR T) with (/ 2 * (delta ^ 2 / e)) in H by (field; lra).
  replace (al * L * G ^ 2 * (1 + b1) / (2 * e ^ 2 * (1 - b1)))
    with (al * L * (G ^ 2 / e ^ 2) * (1 + b1) / (2 * (1 - b1))) by (field; lra).
  lra.
Qed.

End Bias.
