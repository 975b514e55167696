(** The textbook theorems, with the bounds that `theory/` states: [Bounds.v] is written from its sympy expressions, and
    each bound of [Theorems.v] is proved to be (or to be below) the one of the same name there. *)
From Coq Require Import Reals Lra Psatz List.
From Coq Require Vectors.Fin.
From ADOPT Require Import FiniteSum Vector Holder Space Paths Adopt Spec Iterates AdoptIterates Theorems ProjectedTheorem Bounds.
Open Scope R_scope.

Ltac nonzero :=
  repeat match goal with
  | |- _ /\ _ => split
  | |- sqrt _ <> 0 => apply Rgt_not_eq, sqrt_lt_R0
  | |- _ ^ _ <> 0 => apply pow_nonzero
  | |- _ <> 0 => apply Rgt_not_eq
  end; try lra; try (apply Rplus_lt_le_0_compat; [apply pow_lt; lra|apply pow2_ge_0]).
(** The theorem [H] proves it, up to the order of factors. *)
Ltac as_stated H b := split; [exact (proj1 H)|]; eapply Rle_trans; [exact (proj2 H)|]; right; unfold b; field; nonzero.

Section Stated.
Context {D N : nat}.
Variables (Q : model D N) (L f_inf : R) (T : nat).
Hypothesis HQ : standing Q L f_inf.
Hypothesis HT : (1 <= T)%nat.
Notation Delta := (obj Q (start Q) - f_inf).
Notation bounded_by u b := (min_1_to u T <= average u T /\ average u T <= b).

Let T_positive : 0 < INR T.
Proof. exact (INR_pos T HT). Qed.

Theorem stated_adopt (G al b1 b2 e : R) :
  let X := theta_of (adopt_iterate Q (fun _ => al) b1 b2 e) in
  unbiased_oracle Q -> second_moment Q X T G -> parameters b1 b2 e -> 0 < al ->
  bounded_by (measure Q X T) (bound_adopt Delta L G e b1 al T).
Proof.
  intros X HU HG HP Ha. pose proof (spec_adopt Q L f_inf T HQ HT G al b1 b2 e HU HG HP Ha) as H. destruct HP.
  as_stated H bound_adopt.
Qed.

Theorem stated_adopt_algorithm_1 (G al b1 b2 e : R) :
  let X := theta_of (algorithm_1_iterate Q (fun _ => al) b1 b2 e) in
  unbiased_oracle Q -> second_moment Q X T G -> parameters b1 b2 e -> 0 < al ->
  bounded_by (measure Q X T) (bound_adopt_algorithm_1 Delta L G e b1 al T).
Proof.
  intros X HU HG HP Ha. pose proof (spec_adopt_algorithm_1 Q L f_inf T HQ HT G al b1 b2 e HU HG HP Ha) as H. destruct HP.
  as_stated H bound_adopt_algorithm_1.
Qed.

Theorem stated_adopt_sqrt_horizon (G al0 b1 b2 e : R) :
  let X := theta_of (adopt_iterate Q (fun _ => al0 / sqrt (INR T)) b1 b2 e) in
  unbiased_oracle Q -> second_moment Q X T G -> parameters b1 b2 e -> 0 < al0 ->
  bounded_by (measure Q X T) (bound_adopt_sqrt_horizon Delta L G e b1 al0 T).
Proof.
  intros X HU HG HP Ha. pose proof (spec_adopt_sqrt_horizon Q L f_inf T HQ HT G al0 b1 b2 e HU HG HP Ha) as H. destruct HP.
  as_stated H bound_adopt_sqrt_horizon.
Qed.

Theorem stated_adopt_sharp (G al b1 b2 e : R) :
  let X := theta_of (adopt_iterate Q (fun _ => al) b1 b2 e) in
  unbiased_oracle Q -> second_moment Q X T G -> parameters b1 b2 e -> 0 < al -> 0 <= G ->
  bounded_by (measure Q X T) (bound_adopt_sharp Delta L G e b1 al T).
Proof.
  intros X HU HG HP Ha HG0. pose proof (spec_adopt_sharp Q L f_inf T HQ HT G al b1 b2 e HU HG HP Ha) as H. destruct HP.
  split; [exact (proj1 H)|]. eapply Rle_trans; [exact (proj2 H)|]. right. unfold bound_adopt_sharp.
  assert (Pe : 0 < sqrt e) by (apply sqrt_lt_R0; assumption).
  assert (Ee : sqrt e ^ 2 = e) by (apply pow2_sqrt; lra).
  assert (R : sqrt (G ^ 2 / e ^ 2 / e) = G / (e * sqrt e)).
  { apply sqrt_lem_1.
    - apply Rmult_le_pos; [apply Rmult_le_pos; [apply pow2_ge_0|]|]; left; apply Rinv_0_lt_compat; [apply pow_lt|]; assumption.
    - apply Rmult_le_pos; [exact HG0|left; apply Rinv_0_lt_compat, Rmult_lt_0_compat; assumption].
    - transitivity (G ^ 2 / (e ^ 2 * sqrt e ^ 2)); [field; lra|]. rewrite Ee. field. lra. }
  rewrite R.
  assert (B : al * L * (b1 / (1 - b1)) / 2 * (G / (e * sqrt e)) = G * L * al * b1 / (2 * e * sqrt e * (1 - b1))) by (field; lra).
  rewrite B. do 4 f_equal.
  transitivity ((G * L * al * b1) ^ 2 / (4 * e ^ 2 * sqrt e ^ 2 * (1 - b1) ^ 2)
                + (Delta / (al * INR T) + al * L * (G ^ 2 / e ^ 2) / 2)); [field; lra|]. rewrite Ee. field. lra.
Qed.

Theorem stated_adopt_clipped (G al b1 b2 e c : R) :
  let X := theta_of (clipped_iterate Q (fun _ => c) (fun _ => al) b1 b2 e) in
  unbiased_oracle Q -> conditional_second_moment Q X T G -> parameters b1 b2 e -> 0 < al -> 0 < c ->
  bounded_by (measure Q X T) (bound_adopt_clipped Delta L G e b1 al c T).
Proof.
  intros X HU HG HP Ha Hc. pose proof (spec_adopt_clipped Q L f_inf T HQ HT G al b1 b2 e c HU HG HP Ha Hc) as H. destruct HP.
  as_stated H bound_adopt_clipped.
Qed.

Theorem stated_adopt_clipped_schedule (G al b1 b2 e c0 : R) :
  let X := theta_of (clipped_iterate Q (fun t => c0 * sqrt (sqrt (INR t))) (fun _ => al) b1 b2 e) in
  unbiased_oracle Q -> conditional_second_moment Q X T G -> parameters b1 b2 e -> 0 < al -> 0 < c0 ->
  bounded_by (measure Q X T) (bound_adopt_clipped_schedule Delta L G e b1 al c0 T).
Proof.
  intros X HU HG HP Ha Hc. pose proof (spec_adopt_clipped_schedule Q L f_inf T HQ HT G al b1 b2 e c0 HU HG HP Ha Hc) as H.
  destruct HP. as_stated H bound_adopt_clipped_schedule.
Qed.

Theorem stated_adopt_biased (G delta al b1 b2 e : R) :
  let X := theta_of (adopt_iterate Q (fun _ => al) b1 b2 e) in
  biased_oracle Q delta -> second_moment Q X T G -> parameters b1 b2 e -> 0 < al ->
  bounded_by (measure Q X T) (bound_adopt_biased Delta L G e b1 al delta T).
Proof.
  intros X HD HG HP Ha. pose proof (spec_adopt_biased Q L f_inf T HQ HT G delta al b1 b2 e HD HG HP Ha) as H. destruct HP.
  as_stated H bound_adopt_biased.
Qed.

Theorem stated_rmsprop_decorrelated (G al b2 e : R) :
  let X := theta_of (rmsprop_decorrelated_iterate Q (fun _ => al) b2 e) in
  unbiased_oracle Q -> second_moment Q X T G -> 0 <= b2 <= 1 -> 0 < e -> 0 < al ->
  bounded_by (measure Q X T) (bound_rmsprop_decorrelated Delta L G e al T).
Proof.
  intros X HU HG H2 He Ha. pose proof (spec_rmsprop_decorrelated Q L f_inf T HQ HT G al b2 e HU HG H2 He Ha) as H.
  as_stated H bound_rmsprop_decorrelated.
Qed.

(** N1 without momentum: the stated bound at beta1 = 0. *)
Theorem stated_adopt_bounded_variance_no_momentum (sigma al b2 e : R) :
  let X := theta_of (adopt_iterate Q (fun _ => al) 0 b2 e) in
  unbiased_oracle Q -> bounded_variance Q X T sigma -> 0 <= b2 <= 1 -> 0 < e -> 0 < al -> al * L <= e ->
  bounded_by (measure Q X T) (bound_adopt_bounded_variance Delta L sigma e 0 al T).
Proof.
  intros X HU HV H2 He Ha Hs.
  pose proof (spec_adopt_bounded_variance_no_momentum Q L f_inf T HQ HT sigma al b2 e HU HV H2 He Ha Hs) as H.
  split; [exact (proj1 H)|]. eapply Rle_trans; [exact (proj2 H)|]. right. unfold bound_adopt_bounded_variance.
  rewrite Rmult_comm. f_equal; [field; lra|]. f_equal. field. lra.
Qed.

(** N2 (b), for ||grad f||. *)
Theorem stated_adopt_affine_variance_norm_gradient (sigma r al b2 e : R) :
  let X := theta_of (adopt_iterate Q (fun _ => al) 0 b2 e) in
  unbiased_oracle Q -> 0 <= r -> normwise_bounded_variance Q X T sigma r -> 0 <= b2 <= 1 -> 0 < e -> 0 < al -> al * L <= e ->
  bounded_by (measure Q X T) (bound_adopt_affine_variance_norm_gradient Delta L sigma r e al T).
Proof.
  intros X HU Hr HV H2 He Ha Hs.
  pose proof (spec_adopt_affine_variance_normwise Q L f_inf T HQ HT sigma r al b2 e HU Hr HV H2 He Ha Hs) as H. cbv zeta in H.
  split; [exact (proj1 H)|]. eapply Rle_trans; [exact (proj2 H)|]. right. unfold bound_adopt_affine_variance_norm_gradient.
  replace (L ^ 2 * al ^ 2 * r / e ^ 2 + 1) with (1 + r * L ^ 2 * al ^ 2 / e ^ 2) by (field; lra).
  set (growth := (1 + r * L ^ 2 * al ^ 2 / e ^ 2) ^ T).
  rewrite Rmult_comm. f_equal; [field; lra|]. f_equal. field. lra.
Qed.

Theorem stated_adopt_polyak_lojasiewicz (G mu al b1 b2 e : R) :
  let X := theta_of (adopt_iterate Q (fun _ => al) b1 b2 e) in
  unbiased_oracle Q -> second_moment Q X T G -> polyak_lojasiewicz Q X T mu f_inf -> 0 < mu ->
  parameters b1 b2 e -> 0 < al ->
  bounded_by (value_measure Q X T f_inf) (bound_adopt_polyak_lojasiewicz Delta L G e b1 al mu T).
Proof.
  intros X HU HG HP Hmu HR Ha.
  pose proof (spec_adopt_polyak_lojasiewicz Q L f_inf T HQ HT G mu al b1 b2 e HU HG HP Hmu HR Ha) as H. destruct HR.
  as_stated H bound_adopt_polyak_lojasiewicz.
Qed.

Theorem stated_adopt_polyak_lojasiewicz_last (G mu b2 e : R) :
  let m := Rmax G e in
  let X := theta_of (adopt_iterate Q (fun t => m / (mu * (INR t + 1))) 0 b2 e) in
  unbiased_oracle Q -> bounded_gradients Q X T G -> polyak_lojasiewicz Q X T mu f_inf -> 0 < mu -> 0 <= G ->
  0 <= b2 <= 1 -> 0 < e ->
  Expect Q T (fun xi => obj Q (X T xi)) - f_inf <= bound_adopt_polyak_lojasiewicz_last_iterate_max L G e mu m T.
Proof.
  intros m X HU HG HP Hmu HG0 H2 He.
  pose proof (spec_adopt_polyak_lojasiewicz_last Q L f_inf T HQ HT G mu b2 e HU HG HP Hmu HG0 H2 He) as H.
  eapply Rle_trans; [exact H|]; right; unfold bound_adopt_polyak_lojasiewicz_last_iterate_max; subst m; field; nonzero.
Qed.
End Stated.
