(** Non-vacuity: the hypotheses of the theorems can be met, by an objective that
    is not convex with gradients that are truly random.
    D = 1, f(x) = sin x, g(x, xi) = cos x + 1 or cos x - 1 with probability 1/2 each. *)
From Coq Require Import Reals Lra Psatz List FunctionalExtensionality.
From Coq Require Vectors.Fin.
From ADOPT Require Import FiniteSum Vector Space Paths Adopt Spec Theorems.
Open Scope R_scope.

Definition i0 : Fin.t 1 := Fin.F1.
Definition sign_of (k : Fin.t 2) : R := match proj1_sig (Fin.to_nat k) with O => 1 | _ => -1 end.

Definition sine : model 1 2 := {|
  obj := fun x => sin (x i0);
  grad := fun x _ => cos (x i0);
  prob := fun _ => / 2;
  oracle := fun x k _ => cos (x i0) + sign_of k;
  start := fun _ => 0 |}.

Lemma norm_1 (y : Fin.t 1 -> R) : norm (fins 1) y = Rabs (y i0).
Proof.
  unfold norm, nrm2. simpl. rewrite Rplus_0_r, Rmult_1_r. apply sqrt_Rsqr_abs.
Qed.

Lemma cos_lipschitz a b : Rabs (cos a - cos b) <= Rabs (a - b).
Proof.
  assert (Key : forall a b, a < b -> Rabs (cos a - cos b) <= Rabs (a - b)).
  { clear; intros a b H.
    destruct (MVT_cor2 cos (fun x => - sin x) a b H) as [c [E _]]; [intros; apply derivable_pt_lim_cos|].
    replace (cos a - cos b) with (sin c * (b - a)) by lra.
    rewrite Rabs_mult, (Rabs_minus_sym a b). pose proof (SIN_bound c).
    rewrite <- (Rmult_1_l (Rabs (b - a))) at 2. apply Rmult_le_compat_r; [apply Rabs_pos|]. apply Rabs_le. lra. }
  destruct (Rtotal_order a b) as [H|[->|H]]; [apply Key, H|unfold Rminus; rewrite !Rplus_opp_r; lra|].
  rewrite (Rabs_minus_sym (cos a)), (Rabs_minus_sym a). apply Key, H.
Qed.

Lemma sine_standing : standing sine 1 (-1).
Proof.
  split; simpl.
  - intro; lra.
  - lra.
  - intros x e He. destruct (derivable_pt_lim_sin (x i0) e He) as [d Hd].
    exists d; split; [apply cond_pos|]. intros h Hh. rewrite norm_1 in *.
    unfold line, dot; simpl. rewrite Rplus_0_r, Rmult_1_l. unfold i0 in *.
    destruct (Req_dec (h Fin.F1) 0) as [->|N].
    + rewrite Rplus_0_r, Rmult_0_r, !Rminus_diag_eq by ring. rewrite Rabs_R0. lra.
    + specialize (Hd (h Fin.F1) N Hh).
      replace (sin (x Fin.F1 + h Fin.F1) - sin (x Fin.F1) - cos (x Fin.F1) * h Fin.F1)
        with (((sin (x Fin.F1 + h Fin.F1) - sin (x Fin.F1)) / h Fin.F1 - cos (x Fin.F1)) * h Fin.F1) by (field; exact N).
      rewrite Rabs_mult. apply Rmult_le_compat_r; [apply Rabs_pos|lra].
  - intro x. pose proof (SIN_bound (x i0)); lra.
  - intros x i. simpl; unfold sign_of; simpl. lra.
  - lra.
  - intros x y. rewrite !norm_1, Rmult_1_l. apply cos_lipschitz.
Qed.

(** A5 holds given the past, with G = 2 (and E g^2 = cos^2 + 1 is truly random). *)
Lemma sine_conditional X T : conditional_second_moment sine X T 2.
Proof.
  assert (A : forall x, lsum (fins 2) (fun k => prob sine k * norm (fins 1) (oracle sine x k) ^ 2) <= 2 ^ 2).
  { intro x. rewrite (lsum_ext _ _ (fun k => prob sine k * oracle sine x k i0 ^ 2))
      by (intro; rewrite norm_1, pow2_abs; reflexivity).
    pose proof (COS_bound (x i0)). simpl; unfold sign_of; simpl. unfold i0 in *.
    set (c := cos (x Fin.F1)) in *. assert (c * c <= 1) by nra. lra. }
  split; [apply A|intros; apply A].
Qed.

Lemma sine_variance X T : bounded_variance sine X T 1.
Proof.
  assert (A : forall x, lsum (fins 2) (fun k => prob sine k * norm (fins 1) (vsub (oracle sine x k) (grad sine x)) ^ 2) <= 1 ^ 2).
  { intro x. rewrite (lsum_ext _ _ (fun k => prob sine k * (oracle sine x k i0 - grad sine x i0) ^ 2))
      by (intro; rewrite norm_1, pow2_abs; reflexivity).
    simpl; unfold sign_of; simpl. lra. }
  split; [apply A|intros; apply A].
Qed.

Lemma sine_parameters : parameters (9 / 10) (/ 10) 1.
Proof. split; lra. Qed.

(** T4.1 with beta1 = 9/10, beta2 = 1/10, eps = 1, alpha = 1/100. *)
Theorem witness_adopt T : (1 <= T)%nat ->
  min_1_to (measure sine (theta_of (adopt_iterate sine (fun _ => / 100) (9 / 10) (/ 10) 1)) T) T
  <= sqrt 5 * (100 / INR T + 38 / 100).
Proof.
  intro HT. assert (PT : 0 < INR T) by (apply lt_0_INR; lia).
  destruct (spec_adopt sine 1 (-1) sine_standing 2 (/ 100) (9 / 10) (/ 10) 1 T) as [A B].
  - apply (conditional_second_moment_second_moment sine 1 (-1) T _ _ 2 sine_standing
      (adopt_iterates sine 1 (-1) T sine_standing _ _ _ _)), sine_conditional.
  - apply sine_parameters.
  - lra.
  - exact HT.
  - eapply Rle_trans; [exact A|]. eapply Rle_trans; [exact B|]. right.
    simpl obj. simpl start. rewrite sin_0. f_equal; [f_equal; ring|field; lra].
Qed.

Theorem witness_adopt_algorithm_1 T : (1 <= T)%nat ->
  min_1_to (measure sine (theta_of (algorithm_1_iterate sine (fun _ => / 100) (9 / 10) (/ 10) 1)) T) T
  <= sqrt 5 * (10162 / 100 / INR T + 38 / 100).
Proof.
  intro HT. assert (PT : 0 < INR T) by (apply lt_0_INR; lia).
  destruct (spec_adopt_algorithm_1 sine 1 (-1) sine_standing 2 (/ 100) (9 / 10) (/ 10) 1 T) as [A B].
  - apply (conditional_second_moment_second_moment sine 1 (-1) T _ _ 2 sine_standing
      (algorithm_1_iterates sine 1 (-1) T sine_standing _ _ _ _)), sine_conditional.
  - apply sine_parameters.
  - lra.
  - exact HT.
  - eapply Rle_trans; [exact A|]. eapply Rle_trans; [exact B|]. right.
    simpl obj. simpl start. rewrite sin_0. f_equal; [f_equal; ring|field; lra].
Qed.
