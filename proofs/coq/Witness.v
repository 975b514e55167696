(** Non-vacuity: the hypotheses of the theorems can be met, by an objective that
    is not convex with gradients that are truly random.
    D = 1, f(x) = sin x, g(x, xi) = cos x + 1 or cos x - 1 with probability 1/2 each. *)
From Coq Require Import Reals Lra Psatz List FunctionalExtensionality.
From Coq Require Vectors.Fin.
From ADOPT Require Import FiniteSum Vector Space Paths Adopt Spec Iterates AdoptIterates Theorems.
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

Lemma sine_unbiased : unbiased_oracle sine.
Proof. intros x i. simpl. unfold sign_of; simpl. lra. Qed.

Lemma sine_second_moment M it T : (forall H t xi, adopt M (driven sine 1 (-1) T H (theta_of it)) t xi = untuple (it t xi)) ->
  second_moment sine (theta_of it) T 2.
Proof.
  intro E. apply (conditional_second_moment_second_moment sine 1 (-1) T M it 2 sine_standing (E sine_standing)).
  apply sine_conditional.
Qed.

Lemma sine_variance_at x : lsum (fins 1) (variance_at sine x) <= 1 ^ 2.
Proof. unfold variance_at. simpl. unfold sign_of; simpl. lra. Qed.

Lemma sine_variance X T : bounded_variance sine X T 1.
Proof. split; [apply sine_variance_at|intros; apply sine_variance_at]. Qed.

Lemma sine_affine X T : affine_bounded_variance sine X T 1 (/ 2).
Proof.
  exists (fun _ => 1). split; [simpl; lra|]. split; [intro; lra|].
  assert (A : forall x i, variance_at sine x i <= 1 + / 2 * grad sine x i ^ 2).
  { intros x i. pose proof (pow2_ge_0 (grad sine x i)). unfold variance_at. simpl in *. unfold sign_of; simpl. lra. }
  split; [apply A|intros; apply A].
Qed.

Lemma sine_normwise X T : normwise_bounded_variance sine X T 1 (/ 2).
Proof.
  assert (A : forall x, lsum (fins 1) (variance_at sine x) <= 1 ^ 2 + / 2 * norm (fins 1) (grad sine x) ^ 2).
  { intro x. pose proof (sine_variance_at x). pose proof (pow2_ge_0 (norm (fins 1) (grad sine x))). lra. }
  split; [apply A|intros; apply A].
Qed.

Lemma sine_parameters : parameters (9 / 10) (/ 10) 1.
Proof. split; lra. Qed.

Lemma tenth : 0 < / 10. Proof. lra. Qed.

(** The same problem with an oracle that is off by 1/10. *)
Definition tilted : model 1 2 := {|
  obj := obj sine; grad := grad sine; prob := prob sine;
  oracle := fun x k i => oracle sine x k i + / 10; start := start sine |}.

Lemma tilted_standing : standing tilted 1 (-1).
Proof. destruct sine_standing. split; assumption. Qed.

Lemma tilted_biased : biased_oracle tilted (/ 10).
Proof.
  intro x. rewrite norm_1. unfold vsub. simpl. unfold sign_of; simpl. apply Rabs_le. lra.
Qed.

Lemma tilted_second_moment al T : second_moment tilted (theta_of (adopt_iterate tilted al (9 / 10) (/ 10) 1)) T 2.
Proof.
  apply (conditional_second_moment_second_moment tilted 1 (-1) T _ _ 2 tilted_standing (adopt_iterates _ _ _ _ _ _ _ _ _)).
  assert (A : forall x, lsum (fins 2) (fun k => prob tilted k * norm (fins 1) (oracle tilted x k) ^ 2) <= 2 ^ 2).
  { intro x. rewrite (lsum_ext _ _ (fun k => prob tilted k * oracle tilted x k i0 ^ 2))
      by (intro; rewrite norm_1, pow2_abs; reflexivity).
    pose proof (COS_bound (x i0)). simpl; unfold sign_of; simpl. unfold i0 in *.
    set (c := cos (x Fin.F1)) in *. assert (c * c <= 1) by nra. lra. }
  split; [apply A|intros; apply A].
Qed.

(** beta1 = 9/10, beta2 = 1/10, eps = 1, alpha = 1/100 (decaying: alpha0 = 1/10; N1, N2: alpha = 1/100 is small enough). *)
Section Witnesses.
Variable T : nat.
Hypothesis HT : (1 <= T)%nat.

(** T4.1, with the numbers worked out. *)
Theorem witness_adopt :
  min_1_to (measure sine (theta_of (adopt_iterate sine (fun _ => / 100) (9 / 10) (/ 10) 1)) T) T
  <= sqrt 5 * (100 / INR T + 38 / 100).
Proof.
  pose proof (INR_pos T HT) as PT.
  destruct (spec_adopt sine 1 (-1) T sine_standing HT 2 (/ 100) (9 / 10) (/ 10) 1 sine_unbiased
    (sine_second_moment _ _ T (fun H => adopt_iterates sine 1 (-1) T H _ _ _ _)) sine_parameters ltac:(lra)) as [A B].
  eapply Rle_trans; [exact A|]. eapply Rle_trans; [exact B|]. right.
  simpl obj. simpl start. rewrite sin_0. f_equal; [f_equal; ring|field; lra].
Qed.

Definition witness_adopt_algorithm_1 := spec_adopt_algorithm_1 sine 1 (-1) T sine_standing HT 2 (/ 100) (9 / 10) (/ 10) 1 sine_unbiased
  (sine_second_moment _ _ T (fun H => algorithm_1_iterates sine 1 (-1) T H _ _ _ _)) sine_parameters ltac:(lra).
Definition witness_adopt_sqrt_horizon := spec_adopt_sqrt_horizon sine 1 (-1) T sine_standing HT 2 (/ 10) (9 / 10) (/ 10) 1 sine_unbiased
  (sine_second_moment _ _ T (fun H => adopt_iterates sine 1 (-1) T H _ _ _ _)) sine_parameters tenth.
Definition witness_adopt_sharp := spec_adopt_sharp sine 1 (-1) T sine_standing HT 2 (/ 100) (9 / 10) (/ 10) 1 sine_unbiased
  (sine_second_moment _ _ T (fun H => adopt_iterates sine 1 (-1) T H _ _ _ _)) sine_parameters ltac:(lra).
Definition witness_adopt_decaying := spec_adopt_decaying sine 1 (-1) T sine_standing HT 2 (/ 10) (9 / 10) (/ 10) 1 sine_unbiased
  (sine_second_moment _ _ T (fun H => adopt_iterates sine 1 (-1) T H _ _ _ _)) sine_parameters tenth.
Definition witness_adopt_decaying_algorithm_1 := spec_adopt_decaying_algorithm_1 sine 1 (-1) T sine_standing HT 2 (/ 10) (9 / 10) (/ 10) 1
  sine_unbiased (sine_second_moment _ _ T (fun H => algorithm_1_iterates sine 1 (-1) T H _ _ _ _)) sine_parameters tenth.
Definition witness_adopt_clipped := spec_adopt_clipped sine 1 (-1) T sine_standing HT 2 (/ 10) (9 / 10) (/ 10) 1 1 sine_unbiased
  (sine_conditional _ T) sine_parameters tenth Rlt_0_1.
Definition witness_adopt_clipped_schedule := spec_adopt_clipped_schedule sine 1 (-1) T sine_standing HT 2 (/ 10) (9 / 10) (/ 10) 1 1
  sine_unbiased (sine_conditional _ T) sine_parameters tenth Rlt_0_1.
Definition witness_adopt_clipped_decaying := spec_adopt_clipped_decaying sine 1 (-1) T sine_standing HT 2 (/ 10) (9 / 10) (/ 10) 1 1
  sine_unbiased (sine_conditional _ T) sine_parameters tenth Rlt_0_1.
Definition witness_rmsprop_decorrelated := spec_rmsprop_decorrelated sine 1 (-1) T sine_standing HT 2 (/ 10) (/ 10) 1 sine_unbiased
  (sine_second_moment _ _ T (fun H => rmsprop_iterates sine 1 (-1) T H _ _ _)) ltac:(lra) Rlt_0_1 tenth.
Definition witness_adopt_biased := spec_adopt_biased tilted 1 (-1) T tilted_standing HT 2 (/ 10) (/ 100) (9 / 10) (/ 10) 1
  tilted_biased (tilted_second_moment _ T) sine_parameters ltac:(lra).
Definition witness_adopt_bounded_variance := spec_adopt_bounded_variance sine 1 (-1) T sine_standing HT 1 (/ 100) (9 / 10) (/ 10) 1
  sine_unbiased (sine_variance _ T) sine_parameters ltac:(lra) ltac:(lra).
Definition witness_adopt_bounded_variance_no_momentum := spec_adopt_bounded_variance_no_momentum sine 1 (-1) T sine_standing HT 1 (/ 10) (/ 10) 1
  sine_unbiased (sine_variance _ T) ltac:(lra) Rlt_0_1 tenth ltac:(lra).
Definition witness_adopt_affine_variance := spec_adopt_affine_variance sine 1 (-1) T sine_standing HT 1 (/ 2) (/ 100) (9 / 10) (/ 10) 1
  sine_unbiased ltac:(lra) (sine_affine _ T) sine_parameters ltac:(lra) ltac:(lra).
Definition witness_adopt_affine_variance_normwise := spec_adopt_affine_variance_normwise sine 1 (-1) T sine_standing HT 1 (/ 2) (/ 10) (/ 10) 1
  sine_unbiased ltac:(lra) (sine_normwise _ T) ltac:(lra) Rlt_0_1 tenth ltac:(lra).
Definition witness_adopt_clipped_bounded_variance := spec_adopt_clipped_bounded_variance sine 1 (-1) T sine_standing HT 1 (/ 10) (/ 10) 1 2 (fun _ => 2)
  sine_unbiased (sine_variance _ T) ltac:(lra) ltac:(lra) Rlt_0_1 tenth ltac:(lra) (fun _ => Rle_refl 2) ltac:(intro; lra) ltac:(lra).
End Witnesses.

(** N7: f(x) = x^2/2, g = x + 1 or x - 1, one step from x = 1 (mu = 1, G = 2). *)
Definition quadratic : model 1 2 := {|
  obj := fun x => x i0 ^ 2 / 2;
  grad := fun x i => x i;
  prob := fun _ => / 2;
  oracle := fun x k i => x i + sign_of k;
  start := fun _ => 1 |}.

Lemma quadratic_standing : standing quadratic 1 0.
Proof.
  split; simpl.
  - intro; lra.
  - lra.
  - intros x e He. exists e; split; [exact He|]. intros h Hh. rewrite norm_1 in *.
    unfold line, dot; simpl. unfold i0 in *.
    replace ((x Fin.F1 + 1 * h Fin.F1) * ((x Fin.F1 + 1 * h Fin.F1) * 1) / 2 - x Fin.F1 * (x Fin.F1 * 1) / 2 - (x Fin.F1 * h Fin.F1 + 0))
      with (/ 2 * (h Fin.F1 * h Fin.F1)) by field.
    rewrite !Rabs_mult, (Rabs_right (/ 2)) by lra. pose proof (Rabs_pos (h Fin.F1)).
    assert (Rabs (h Fin.F1) * Rabs (h Fin.F1) <= e * Rabs (h Fin.F1)) by (apply Rmult_le_compat_r; lra).
    assert (0 <= e * Rabs (h Fin.F1)) by (apply Rmult_le_pos; lra). lra.
  - intro x. pose proof (pow2_ge_0 (x i0)). simpl in *. lra.
  - lra.
  - intros x y. rewrite Rmult_1_l. apply Rle_refl.
Qed.

Lemma quadratic_unbiased : unbiased_oracle quadratic.
Proof. intros x i. simpl. unfold sign_of; simpl. lra. Qed.

Lemma quadratic_bounded al b1 : bounded_gradients quadratic (theta_of (adopt_iterate quadratic al b1 (/ 10) 1)) 1 2.
Proof.
  assert (A : forall k, norm (fins 1) (oracle quadratic (start quadratic) k) <= 2).
  { intro k. rewrite norm_1. simpl. unfold sign_of. apply Rabs_le. destruct (proj1_sig (Fin.to_nat k)); lra. }
  intros [|[|t]] Ht xi; [apply A|exact (A (xi 1%nat))|lia].
Qed.

Lemma quadratic_pl X : polyak_lojasiewicz quadratic X 1 1 0.
Proof. intros t _ xi. rewrite norm_1, pow2_abs. simpl. lra. Qed.

Lemma quadratic_second_moment al b1 : second_moment quadratic (theta_of (adopt_iterate quadratic al b1 (/ 10) 1)) 1 2.
Proof.
  intros t Ht. apply Rle_trans with (Expect quadratic 1 (fun _ => 2 ^ 2)).
  - apply (expect_le (path_space quadratic 1 0 1 quadratic_standing)). intro w.
    apply pow_incr. split; [apply norm_nonneg|apply (quadratic_bounded al b1 t Ht w)].
  - right. apply (expect_const (S := path_space quadratic 1 0 1 quadratic_standing)).
Qed.

Definition witness_adopt_polyak_lojasiewicz := spec_adopt_polyak_lojasiewicz quadratic 1 0 1 quadratic_standing (le_n 1) 2 1 (/ 10) (9 / 10) (/ 10) 1
  quadratic_unbiased (quadratic_second_moment _ _) (quadratic_pl _) Rlt_0_1 sine_parameters tenth.
Definition witness_adopt_polyak_lojasiewicz_last := spec_adopt_polyak_lojasiewicz_last quadratic 1 0 1 quadratic_standing (le_n 1) 2 1 (/ 10) 1
  quadratic_unbiased (quadratic_bounded _ _) (quadratic_pl _) Rlt_0_1 ltac:(lra) ltac:(lra) Rlt_0_1.
