(** The theorems in textbook form.  Read with [Spec.v], which defines every
    word used here; the proofs only translate from the general ones. *)
From Coq Require Import Reals Lra Psatz List.
From Coq Require Vectors.Fin.
From ADOPT Require Import FiniteSum Vector Holder Space Paths Adopt ConstantStep Clipping StepSizes Decaying.
From ADOPT Require Import Bias ConditionedDescent BoundedVariance NormwiseVariance PolyakLojasiewicz ClippedVariance Spec Iterates AdoptIterates.
Open Scope R_scope.

Section Theorems.
Context {D N : nat}.
Variables (Q : model D N) (L f_inf : R) (T : nat).
Hypothesis HQ : standing Q L f_inf.
Hypothesis HT : (1 <= T)%nat.
Notation Delta := (obj Q (start Q) - f_inf).
(** kappa = beta1 / (1 - beta1), P = G^2 / eps^2 *)
Notation kappa b1 := (b1 / (1 - b1)).

(** What the general theorems ask of the space of noise paths. *)
Ltac on_paths E :=
  first [ apply driven_smooth | exact (driven_adapted Q L f_inf T HQ _ _ E)
        | apply (driven_second_moment Q L f_inf T HQ); assumption
        | apply (driven_unbiased Q L f_inf T HQ _ _ E); assumption
        | apply (driven_biased Q L f_inf T HQ _ _ E); assumption
        | apply (driven_conditional Q L f_inf T HQ _ _ E); assumption
        | eapply (conditional_unconditional Q L f_inf T HQ _ _ E); eassumption
        | assumption ].
Ltac textbook E B :=
  cbv zeta in B; rewrite ?(min_measure Q L f_inf T HQ _ _ E), ?(average_measure Q L f_inf T HQ _ _ E), ?initial_value in B;
  exact B.

(** T4.1 (A1, A2, A3, A5 unconditional), every beta2 in [0, 1]. *)
Theorem spec_adopt (G al b1 b2 e : R) :
  let X := theta_of (adopt_iterate Q (fun _ => al) b1 b2 e) in
  unbiased_oracle Q -> second_moment Q X T G -> parameters b1 b2 e -> 0 < al ->
  min_1_to (measure Q X T) T <= average (measure Q X T) T /\
  average (measure Q X T) T
  <= sqrt (G ^ 2 + e ^ 2) * (Delta / (al * INR T) + al * L * G ^ 2 * (1 + b1) / (2 * e ^ 2 * (1 - b1))).
Proof.
  intros X HU HG [H1 H2 He] Ha. subst X. pose proof (adopt_iterates Q L f_inf T HQ (fun _ => al) b1 b2 e) as E.
  assert (B := process_adopt (driven Q L f_inf T HQ _) L f_inf G T al b1 b2 e ltac:(on_paths E) ltac:(on_paths E)
    ltac:(on_paths E) Ha H1 H2 He HT ltac:(on_paths E)).
  textbook E B.
Qed.

Theorem spec_adopt_algorithm_1 (G al b1 b2 e : R) :
  let X := theta_of (algorithm_1_iterate Q (fun _ => al) b1 b2 e) in
  unbiased_oracle Q -> second_moment Q X T G -> parameters b1 b2 e -> 0 < al ->
  min_1_to (measure Q X T) T <= average (measure Q X T) T /\
  average (measure Q X T) T
  <= sqrt (G ^ 2 + e ^ 2) * (Delta / (al * INR T) + al * L * G ^ 2 * (1 + b1) / (2 * e ^ 2 * (1 - b1))
       + al * L * G ^ 2 * b1 ^ 2 / (2 * e ^ 2 * (1 - b1) ^ 2 * INR T)).
Proof.
  intros X HU HG [H1 H2 He] Ha. subst X. pose proof (algorithm_1_iterates Q L f_inf T HQ (fun _ => al) b1 b2 e) as E.
  assert (B := process_adopt_algorithm_1 (driven Q L f_inf T HQ _) L f_inf G T al b1 b2 e ltac:(on_paths E) ltac:(on_paths E)
    ltac:(on_paths E) Ha H1 H2 He HT ltac:(on_paths E)).
  textbook E B.
Qed.

(** alpha = alpha0 / sqrt T: the rate C / sqrt T. *)
Theorem spec_adopt_sqrt_horizon (G al0 b1 b2 e : R) :
  let X := theta_of (adopt_iterate Q (fun _ => al0 / sqrt (INR T)) b1 b2 e) in
  unbiased_oracle Q -> second_moment Q X T G -> parameters b1 b2 e -> 0 < al0 ->
  min_1_to (measure Q X T) T <= average (measure Q X T) T /\
  average (measure Q X T) T
  <= sqrt (G ^ 2 + e ^ 2) * (Delta / al0 + al0 * L * G ^ 2 * (1 + b1) / (2 * e ^ 2 * (1 - b1))) / sqrt (INR T).
Proof.
  intros X HU HG HP Ha.
  pose proof (INR_pos T HT) as PT.
  assert (PS : 0 < sqrt (INR T)) by (apply sqrt_lt_R0, PT).
  destruct (spec_adopt G (al0 / sqrt (INR T)) b1 b2 e HU HG HP) as [A B]; [apply Rdiv_lt_0_compat; assumption|].
  split; [exact A|]. eapply Rle_trans; [exact B|]. right. destruct HP.
  assert (ET : INR T = sqrt (INR T) * sqrt (INR T)) by (symmetry; apply sqrt_sqrt; lra).
  set (r := sqrt (INR T)) in *. set (s := sqrt (G ^ 2 + e ^ 2)). rewrite ET. field. repeat split; lra.
Qed.

(** T4.1': the term of order 1/sqrt T is free of beta1. *)
Theorem spec_adopt_sharp (G al b1 b2 e : R) :
  let X := theta_of (adopt_iterate Q (fun _ => al) b1 b2 e) in
  let A := Delta / (al * INR T) + al * L * (G ^ 2 / e ^ 2) / 2 in
  let b := al * L * kappa b1 / 2 * sqrt (G ^ 2 / e ^ 2 / e) in
  unbiased_oracle Q -> second_moment Q X T G -> parameters b1 b2 e -> 0 < al ->
  min_1_to (measure Q X T) T <= average (measure Q X T) T /\
  average (measure Q X T) T <= sqrt (G ^ 2 + e ^ 2) * (b + sqrt (b ^ 2 + A)) ^ 2.
Proof.
  intros X A b HU HG [H1 H2 He] Ha. subst X A b. pose proof (adopt_iterates Q L f_inf T HQ (fun _ => al) b1 b2 e) as E.
  assert (B := process_adopt_sharp (driven Q L f_inf T HQ _) L f_inf G T al b1 b2 e ltac:(on_paths E) ltac:(on_paths E)
    ltac:(on_paths E) Ha H1 H2 He HT ltac:(on_paths E)).
  textbook E B.
Qed.

(** E.1: alpha_t = alpha0 / sqrt t. *)
Theorem spec_adopt_decaying (G a0 b1 b2 e : R) :
  let X := theta_of (adopt_iterate Q (fun t => a0 / sqrt (INR t)) b1 b2 e) in
  unbiased_oracle Q -> second_moment Q X T G -> parameters b1 b2 e -> 0 < a0 ->
  min_1_to (measure Q X T) T
  <= sqrt (G ^ 2 + e ^ 2) / Rmax (sqrt (INR T)) (2 * sqrt (INR (S T)) - 2)
     * (Delta / a0 + kappa b1 * G ^ 2 / e
        + a0 * L * (G ^ 2 / e ^ 2) * ((/ 2 + kappa b1) * (1 + ln (INR T)) + 6164 / 10000 * kappa b1 ^ 2)).
Proof.
  intros X HU HG [H1 H2 He] Ha. subst X.
  pose proof (adopt_iterates Q L f_inf T HQ (decaying a0) b1 b2 e) as E.
  assert (B := process_adopt_decaying (driven Q L f_inf T HQ _) L f_inf G T a0 b1 b2 e ltac:(on_paths E) ltac:(on_paths E)
    ltac:(on_paths E) Ha H1 H2 He HT ltac:(on_paths E)).
  textbook E B.
Qed.

Theorem spec_adopt_decaying_algorithm_1 (G a0 b1 b2 e : R) :
  let X := theta_of (algorithm_1_iterate Q (fun t => a0 / sqrt (INR t)) b1 b2 e) in
  unbiased_oracle Q -> second_moment Q X T G -> parameters b1 b2 e -> 0 < a0 ->
  min_1_to (measure Q X T) T
  <= sqrt (G ^ 2 + e ^ 2) / Rmax (sqrt (INR T)) (2 * sqrt (INR (S T)) - 2)
     * (Delta / a0 + kappa b1 * G ^ 2 / e
        + a0 * L * (G ^ 2 / e ^ 2) * ((/ 2 + kappa b1) * (1 + ln (INR T)) + kappa b1 + 11164 / 10000 * kappa b1 ^ 2)).
Proof.
  intros X HU HG [H1 H2 He] Ha. subst X.
  pose proof (algorithm_1_iterates Q L f_inf T HQ (decaying a0) b1 b2 e) as E.
  assert (B := process_adopt_decaying_algorithm_1 (driven Q L f_inf T HQ _) L f_inf G T a0 b1 b2 e ltac:(on_paths E)
    ltac:(on_paths E) ltac:(on_paths E) Ha H1 H2 He HT ltac:(on_paths E)).
  textbook E B.
Qed.

(** E.2 for any schedule c_t > 0 (A5 given the past). *)
Theorem spec_adopt_clipped_any_schedule (G al b1 b2 e : R) (c : nat -> R) :
  let X := theta_of (clipped_iterate Q c (fun _ => al) b1 b2 e) in
  unbiased_oracle Q -> conditional_second_moment Q X T G -> parameters b1 b2 e -> 0 < al ->
  (forall t, 0 < c (S t)) ->
  min_1_to (measure Q X T) T <= average (measure Q X T) T /\
  average (measure Q X T) T
  <= sqrt (G ^ 2 + e ^ 2) * (2 * Delta / (al * INR T) + al * L * G ^ 2 * (1 + b1) / (e ^ 2 * (1 - b1))
       + G ^ 4 / (16 * e ^ 3) * average (fun t => / c t ^ 2) T).
Proof.
  intros X HU HG [H1 H2 He] Ha Hc. subst X.
  pose proof (clipped_iterates Q L f_inf T HQ c (fun _ => al) b1 b2 e) as E.
  assert (B := process_adopt_clipped_schedule (driven Q L f_inf T HQ _) L f_inf G T c al b1 b2 e ltac:(on_paths E)
    ltac:(on_paths E) ltac:(on_paths E) ltac:(on_paths E) Hc Ha H1 H2 He HT ltac:(on_paths E)).
  textbook E B.
Qed.

(** E.2: constant c. *)
Theorem spec_adopt_clipped (G al b1 b2 e c : R) :
  let X := theta_of (clipped_iterate Q (fun _ => c) (fun _ => al) b1 b2 e) in
  unbiased_oracle Q -> conditional_second_moment Q X T G -> parameters b1 b2 e -> 0 < al -> 0 < c ->
  min_1_to (measure Q X T) T <= average (measure Q X T) T /\
  average (measure Q X T) T
  <= sqrt (G ^ 2 + e ^ 2) * (2 * Delta / (al * INR T) + al * L * G ^ 2 * (1 + b1) / (e ^ 2 * (1 - b1))
       + G ^ 4 / (16 * e ^ 3 * c ^ 2)).
Proof.
  intros X HU HG HP Ha Hc. pose proof (INR_pos T HT) as PT.
  destruct (spec_adopt_clipped_any_schedule G al b1 b2 e (fun _ => c) HU HG HP Ha (fun _ => Hc)) as [A B].
  split; [exact A|]. eapply Rle_trans; [exact B|]. right. destruct HP. do 2 f_equal.
  unfold average, sum_1_to. rewrite nsum_const. field. repeat split; lra.
Qed.

(** E.3: c_t = c0 t^(1/4). *)
Theorem spec_adopt_clipped_schedule (G al b1 b2 e c0 : R) :
  let X := theta_of (clipped_iterate Q (fun t => c0 * sqrt (sqrt (INR t))) (fun _ => al) b1 b2 e) in
  unbiased_oracle Q -> conditional_second_moment Q X T G -> parameters b1 b2 e -> 0 < al -> 0 < c0 ->
  min_1_to (measure Q X T) T <= average (measure Q X T) T /\
  average (measure Q X T) T
  <= sqrt (G ^ 2 + e ^ 2) * (2 * Delta / (al * INR T) + al * L * G ^ 2 * (1 + b1) / (e ^ 2 * (1 - b1))
       + G ^ 4 / (8 * e ^ 3 * c0 ^ 2 * sqrt (INR T))).
Proof.
  intros X HU HG HP Ha Hc. pose proof (INR_pos T HT) as PT.
  set (c := fun t => c0 * sqrt (sqrt (INR t))).
  assert (Hct : forall t, 0 < c (S t))
    by (intro; apply Rmult_lt_0_compat; [exact Hc|]; apply sqrt_lt_R0, sqrt_lt_R0, INR_S_pos).
  destruct (spec_adopt_clipped_any_schedule G al b1 b2 e c HU HG HP Ha Hct) as [A B].
  split; [exact A|]. eapply Rle_trans; [exact B|]. destruct HP as [H1 H2 He].
  apply Rmult_le_compat_l; [apply sqrt_pos|]. apply Rplus_le_compat_l.
  assert (PS : 0 < sqrt (INR T)) by (apply sqrt_lt_R0, PT).
  assert (ET : INR T = sqrt (INR T) * sqrt (INR T)) by (symmetry; apply sqrt_sqrt; lra).
  assert (S1 : sum_1_to (fun t => / c t ^ 2) T <= / c0 ^ 2 * (2 * sqrt (INR T))).
  { eapply Rle_trans; [|apply Rmult_le_compat_l; [left; apply Rinv_0_lt_compat, pow_lt, Hc|apply sum_isqrt_upper]].
    right. unfold sum_1_to. rewrite <- nsum_scal. apply nsum_ext; intros n _. unfold c, isqrt.
    rewrite Rpow_mult_distr, pow2_sqrt by apply sqrt_pos. apply Rinv_mult. }
  assert (G4 : 0 <= G ^ 4 / (16 * e ^ 3)).
  { replace (G ^ 4) with ((G ^ 2) ^ 2) by ring. apply Rmult_le_pos; [apply pow2_ge_0|left; apply Rinv_0_lt_compat].
    apply Rmult_lt_0_compat; [lra|apply pow_lt, He]. }
  apply Rle_trans with (G ^ 4 / (16 * e ^ 3) * (/ c0 ^ 2 * (2 * sqrt (INR T)) / INR T)).
  - apply Rmult_le_compat_l; [exact G4|]. apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat, PT|exact S1].
  - right. set (q := sqrt (INR T)) in *. rewrite ET. field. repeat split; lra.
Qed.

(** Clipped, with alpha_t = alpha0 / sqrt t and c_t = c0 t^(1/4). *)
Theorem spec_adopt_clipped_decaying (G a0 b1 b2 e c0 : R) :
  let X := theta_of (clipped_iterate Q (fun t => c0 * sqrt (sqrt (INR t))) (fun t => a0 / sqrt (INR t)) b1 b2 e) in
  unbiased_oracle Q -> conditional_second_moment Q X T G -> parameters b1 b2 e -> 0 < a0 -> 0 < c0 ->
  min_1_to (measure Q X T) T
  <= sqrt (G ^ 2 + e ^ 2) / Rmax (sqrt (INR T)) (2 * sqrt (INR (S T)) - 2)
     * (2 * Delta / a0 + 2 * kappa b1 * G ^ 2 / e
        + 2 * a0 * L * (G ^ 2 / e ^ 2) * ((/ 2 + kappa b1) * (1 + ln (INR T)) + 6164 / 10000 * kappa b1 ^ 2)
        + G ^ 4 * (1 + ln (INR T)) / (16 * e ^ 3 * c0 ^ 2)).
Proof.
  intros X HU HG [H1 H2 He] Ha Hc. subst X.
  pose proof (clipped_iterates Q L f_inf T HQ (fun t => c0 * sqrt (sqrt (INR t))) (decaying a0) b1 b2 e) as E.
  assert (B := process_adopt_clipped_decaying (driven Q L f_inf T HQ _) L f_inf G T a0 b1 b2 e ltac:(on_paths E)
    ltac:(on_paths E) ltac:(on_paths E) Ha H1 H2 He HT c0 Hc ltac:(on_paths E) ltac:(on_paths E)).
  textbook E B.
Qed.

(** N6: the mean of the oracle is within delta of the gradient. *)
Theorem spec_adopt_biased (G delta al b1 b2 e : R) :
  let X := theta_of (adopt_iterate Q (fun _ => al) b1 b2 e) in
  biased_oracle Q delta -> second_moment Q X T G -> parameters b1 b2 e -> 0 < al ->
  min_1_to (measure Q X T) T <= average (measure Q X T) T /\
  average (measure Q X T) T
  <= sqrt (G ^ 2 + e ^ 2) * (2 * (Delta / (al * INR T) + al * L * G ^ 2 * (1 + b1) / (2 * e ^ 2 * (1 - b1))) + delta ^ 2 / e).
Proof.
  intros X HD HG [H1 H2 He] Ha. subst X. pose proof (adopt_iterates Q L f_inf T HQ (fun _ => al) b1 b2 e) as E.
  assert (B := process_adopt_biased (driven Q L f_inf T HQ _) L f_inf G delta T al b1 b2 e ltac:(on_paths E) ltac:(on_paths E)
    ltac:(on_paths E) Ha H1 H2 He HT ltac:(on_paths E)).
  textbook E B.
Qed.

(** RMSprop, decorrelated: T4.1 at beta1 = 0. *)
Theorem spec_rmsprop_decorrelated (G al b2 e : R) :
  let X := theta_of (rmsprop_decorrelated_iterate Q (fun _ => al) b2 e) in
  unbiased_oracle Q -> second_moment Q X T G -> 0 <= b2 <= 1 -> 0 < e -> 0 < al ->
  min_1_to (measure Q X T) T <= average (measure Q X T) T /\
  average (measure Q X T) T <= sqrt (G ^ 2 + e ^ 2) * (Delta / (al * INR T) + al * L * G ^ 2 / (2 * e ^ 2)).
Proof.
  intros X HU HG H2 He Ha. subst X. pose proof (rmsprop_iterates Q L f_inf T HQ (fun _ => al) b2 e) as E.
  assert (H1 : 0 <= 0 < 1) by lra.
  assert (B := process_adopt (driven Q L f_inf T HQ _) L f_inf G T al 0 b2 e ltac:(on_paths E) ltac:(on_paths E)
    ltac:(on_paths E) Ha H1 H2 He HT ltac:(on_paths E)).
  unfold bracket in B. replace (al * L * G ^ 2 * (1 + 0) / (2 * e ^ 2 * (1 - 0))) with (al * L * G ^ 2 / (2 * e ^ 2)) in B by (field; lra).
  textbook E B.
Qed.

(** N1: bounded variance only (A1 to A4, no A5). *)
Notation Budget sigma al b1 e := (Delta + INR T * (al ^ 2 * L * sigma ^ 2 / (2 * e ^ 2 * (1 - b1)))).

Theorem spec_adopt_bounded_variance (sigma al b1 b2 e : R) :
  let X := theta_of (adopt_iterate Q (fun _ => al) b1 b2 e) in
  let B := Budget sigma al b1 e in
  unbiased_oracle Q -> bounded_variance Q X T sigma -> parameters b1 b2 e -> 0 < al -> al * (L * (1 + b1)) <= e * (1 - b1) ->
  min_1_to (measure Q X T) T <= average (measure Q X T) T /\
  average (measure Q X T) T <= sqrt (3 / 2 * sigma ^ 2 + 6 * L * B + e ^ 2) * (2 * B / (al * INR T)).
Proof.
  intros X B HU [HV0 HV] [H1 H2 He] Ha Hst. subst X B. pose proof (adopt_iterates Q L f_inf T HQ (fun _ => al) b1 b2 e) as E.
  assert (R := process_adopt_bounded_variance (driven Q L f_inf T HQ _) L f_inf sigma T al b1 b2 e ltac:(on_paths E) ltac:(on_paths E)
    Ha H1 H2 He HT ltac:(on_paths E)).
  unfold budget in R. rewrite initial_value in R.
  assert (C1 : conditional_variance (driven Q L f_inf T HQ (theta_of (adopt_iterate Q (fun _ => al) b1 b2 e))) sigma T al b1 b2 e).
  { intros n Hn w. rewrite (lsum_ext _ _ _ (fun i => variance_eq Q L f_inf T HQ _ _ E n w i Hn)). apply HV, Hn. }
  assert (C2 : start_variance (driven Q L f_inf T HQ (theta_of (adopt_iterate Q (fun _ => al) b1 b2 e))) sigma al b1 b2 e 0).
  { apply (start_split Q L f_inf T HQ (adopt_method (fun _ => al) b1 b2 e) (adopt_iterate Q (fun _ => al) b1 b2 e) 0 HU sigma (variance_at Q (start Q)) HV0). intro i. lra. }
  specialize (R C1 C2 Hst). textbook E R.
Qed.

Theorem spec_adopt_bounded_variance_no_momentum (sigma al b2 e : R) :
  let X := theta_of (adopt_iterate Q (fun _ => al) 0 b2 e) in
  let B := Budget sigma al 0 e in
  unbiased_oracle Q -> bounded_variance Q X T sigma -> 0 <= b2 <= 1 -> 0 < e -> 0 < al -> al * L <= e ->
  min_1_to (measure Q X T) T <= average (measure Q X T) T /\
  average (measure Q X T) T <= sqrt (sigma ^ 2 + 2 * L * B + e ^ 2) * (2 * B / (al * INR T)).
Proof.
  intros X B HU [HV0 HV] H2 He Ha Hst. subst X B. pose proof (adopt_iterates Q L f_inf T HQ (fun _ => al) 0 b2 e) as E.
  assert (H1 : 0 <= 0 < 1) by lra.
  assert (R := process_adopt_bounded_variance_no_momentum (driven Q L f_inf T HQ _) L f_inf sigma T al 0 b2 e ltac:(on_paths E) ltac:(on_paths E)
    Ha H1 H2 He HT ltac:(on_paths E) eq_refl).
  unfold budget in R. rewrite initial_value in R.
  assert (C1 : conditional_variance (driven Q L f_inf T HQ (theta_of (adopt_iterate Q (fun _ => al) 0 b2 e))) sigma T al 0 b2 e).
  { intros n Hn w. rewrite (lsum_ext _ _ _ (fun i => variance_eq Q L f_inf T HQ _ _ E n w i Hn)). apply HV, Hn. }
  assert (C2 : start_variance (driven Q L f_inf T HQ (theta_of (adopt_iterate Q (fun _ => al) 0 b2 e))) sigma al 0 b2 e 0).
  { apply (start_split Q L f_inf T HQ (adopt_method (fun _ => al) 0 b2 e) (adopt_iterate Q (fun _ => al) 0 b2 e) 0 HU sigma (variance_at Q (start Q)) HV0). intro i. lra. }
  specialize (R C1 C2 Hst). textbook E R.
Qed.

(** N2 (a): the variance of coordinate i is at most sigma_i^2 + r (grad_i)^2. *)
Theorem spec_adopt_affine_variance (sigma r al b1 b2 e : R) :
  let X := theta_of (adopt_iterate Q (fun _ => al) b1 b2 e) in
  let B := Budget sigma al b1 e in
  unbiased_oracle Q -> 0 <= r -> affine_bounded_variance Q X T sigma r -> parameters b1 b2 e -> 0 < al ->
  al * (L * (1 + b1 + r)) <= e * (1 - b1) ->
  min_1_to (measure Q X T) T <= average (measure Q X T) T /\
  average (measure Q X T) T
  <= sqrt (sigma ^ 2 + (1 + r) * (8 * L * B + sigma ^ 2 / 2) + e ^ 2) * (2 * B / (al * INR T)).
Proof.
  intros X B HU Hr (u & Hu & H0 & Hs & Hv) [H1 H2 He] Ha Hst. subst X B.
  pose proof (adopt_iterates Q L f_inf T HQ (fun _ => al) b1 b2 e) as E.
  assert (R := process_adopt_affine_variance (driven Q L f_inf T HQ _) L f_inf sigma T al b1 b2 e ltac:(on_paths E) ltac:(on_paths E)
    Ha H1 H2 He HT ltac:(on_paths E) r Hr).
  unfold budget in R. rewrite initial_value in R.
  assert (C1 : affine_variance (driven Q L f_inf T HQ (theta_of (adopt_iterate Q (fun _ => al) b1 b2 e))) sigma T al b1 b2 e r).
  { exists u. split; [exact Hu|]. split; [exact H0|]. intros n Hn w i.
    rewrite (variance_eq Q L f_inf T HQ _ _ E n w i Hn). unfold gradient. rewrite (theta_eq Q L f_inf T HQ _ _ E). apply Hv, Hn. }
  assert (C2 : start_variance (driven Q L f_inf T HQ (theta_of (adopt_iterate Q (fun _ => al) b1 b2 e))) sigma al b1 b2 e r)
    by exact (start_split Q L f_inf T HQ (adopt_method (fun _ => al) b1 b2 e) (adopt_iterate Q (fun _ => al) b1 b2 e) r HU sigma u Hu Hs).
  specialize (R C1 C2 Hst). textbook E R.
Qed.

(** N2 (b): in norm, beta1 = 0; growth = r L^2 alpha^2 / eps^2 per step. *)
Theorem spec_adopt_affine_variance_normwise (sigma r al b2 e : R) :
  let X := theta_of (adopt_iterate Q (fun _ => al) 0 b2 e) in
  let B := (1 + r * L ^ 2 * al ^ 2 / e ^ 2) ^ T * (Delta + INR T * (al ^ 2 * L * sigma ^ 2 / (2 * e ^ 2))) in
  unbiased_oracle Q -> 0 <= r -> normwise_bounded_variance Q X T sigma r -> 0 <= b2 <= 1 -> 0 < e -> 0 < al -> al * L <= e ->
  min_1_to (measure Q X T) T <= average (measure Q X T) T /\
  average (measure Q X T) T <= sqrt (sigma ^ 2 + 2 * L * (1 + r) * B + e ^ 2) * (2 * B / (al * INR T)).
Proof.
  intros X B HU Hr [Hs Hv] H2 He Ha Hst. subst X B.
  pose proof (adopt_iterates Q L f_inf T HQ (fun _ => al) 0 b2 e) as E.
  assert (C1 : normwise_variance (driven Q L f_inf T HQ (theta_of (adopt_iterate Q (fun _ => al) 0 b2 e))) sigma r T al b2 e).
  { intros n Hn w. rewrite (lsum_ext _ _ _ (fun i => variance_eq Q L f_inf T HQ _ _ E n w i Hn)).
    unfold gradient. rewrite (theta_eq Q L f_inf T HQ _ _ E), <- norm_sq. apply Hv, Hn. }
  assert (C2 : start_variance (driven Q L f_inf T HQ (theta_of (adopt_iterate Q (fun _ => al) 0 b2 e))) sigma al 0 b2 e r).
  { unfold start_variance. set (P := driven Q L f_inf T HQ _).
    set (z := sqrt (lsum (fins D) (variance_at Q (start Q)))).
    assert (Ez : z ^ 2 = lsum (fins D) (variance_at Q (start Q))).
    { apply pow2_sqrt. apply lsum_nonneg; intros i _. apply lsum_nonneg; intros k _.
      apply Rmult_le_pos; [apply (weights_nonneg _ _ _ HQ)|apply pow2_ge_0]. }
    pose proof (start_split Q L f_inf T HQ (adopt_method (fun _ => al) 0 b2 e) (adopt_iterate Q (fun _ => al) 0 b2 e) 0 HU z
      (variance_at Q (start Q)) (Req_le _ _ (eq_sym Ez)) ltac:(intro; lra)) as St. fold P in St. rewrite Ez in St.
    assert (E0 : expect (fun w => nrm2 (idx P) (gradient (adopt_method (fun _ => al) 0 b2 e) P O w)) = norm (fins D) (grad Q (start Q)) ^ 2).
    { rewrite norm_sq. exact (expect_const (S := path_space Q L f_inf T HQ) (nrm2 (fins D) (grad Q (start Q)))). }
    rewrite E0 in *. lra. }
  assert (B := process_adopt_affine_variance_normwise (driven Q L f_inf T HQ _) L f_inf sigma r T al b2 e ltac:(on_paths E)
    ltac:(on_paths E) Hr Ha H2 He HT ltac:(on_paths E) C1 C2 Hst).
  unfold bound, growth, noise in B. rewrite initial_value in B. textbook E B.
Qed.

(** N4: clipped, bounded variance only, beta1 = 0, 2 sigma / eps <= c_t and cm <= c_t.  The
    condition alpha <= eps / (4 L) is enough. *)
Theorem spec_adopt_clipped_bounded_variance (sigma al b2 e cm : R) (c : nat -> R) :
  let X := theta_of (clipped_iterate Q c (fun _ => al) 0 b2 e) in
  let G2 := 2 * L * (Delta + INR T * (al ^ 2 * L * sigma ^ 2 / (2 * e ^ 2))
                     + al * sigma ^ 4 / (8 * e ^ 3) * sum_1_to (fun t => / c t ^ 2) T) in
  unbiased_oracle Q -> bounded_variance Q X T sigma -> 0 <= sigma -> 0 <= b2 <= 1 -> 0 < e -> 0 < al ->
  0 < cm -> (forall t, cm <= c (S t)) -> (forall t, 2 * sigma <= c (S t) * e) -> 4 * (al * L) <= e ->
  min_1_to (measure Q X T) T <= average (measure Q X T) T /\
  average (measure Q X T) T
  <= sqrt (e ^ 2 + sigma ^ 2 + G2 * (1 + 4 / cm ^ 2))
     * (4 * (Delta / (al * INR T) + al * L * sigma ^ 2 / (2 * e ^ 2) + sigma ^ 4 / (8 * e ^ 3) * average (fun t => / c t ^ 2) T)).
Proof.
  intros X G2 HU [HV0 HV] Hsg H2 He Ha Hcm Hc Hcs Hst. subst X.
  pose proof (clipped_iterates Q L f_inf T HQ c (fun _ => al) 0 b2 e) as E.
  set (M := clipped_method c (fun _ => al) 0 b2 e) in *.
  assert (C1 : forall n, (n < T)%nat -> forall w,
    lsum (fins D) (fun i => variance M (driven Q L f_inf T HQ (theta_of (clipped_iterate Q c (fun _ => al) 0 b2 e))) n w i) <= sigma ^ 2).
  { intros n Hn w. rewrite (lsum_ext _ _ _ (fun i => variance_eq Q L f_inf T HQ _ _ E n w i Hn)). apply HV, Hn. }
  pose proof (start_split Q L f_inf T HQ M (clipped_iterate Q c (fun _ => al) 0 b2 e) 0 HU sigma
    (variance_at Q (start Q)) HV0 ltac:(intro; lra)) as C2.
  rewrite Rplus_0_r, Rmult_1_l in C2. subst M.
  assert (B := process_adopt_clipped_bounded_variance (driven Q L f_inf T HQ _) L f_inf sigma cm T c al b2 e ltac:(on_paths E)
    ltac:(on_paths E) Ha H2 He HT ltac:(on_paths E) Hcm Hc Hsg Hcs Hst C1 C2).
  replace (2 * L * total _ _ _ _ _ _ _ _) with G2 in B; [textbook E B|].
  unfold G2, total. rewrite initial_value. f_equal. unfold sum_1_to. rewrite <- nsum_const, Rplus_assoc, <- nsum_scal, <- nsum_plus.
  f_equal. apply nsum_ext; intros n _. unfold noise_at, bias_at. pose proof (Hc n). field. lra.
Qed.

(** N7, first part: T4.1's bound on the function value, over 2 mu. *)
Theorem spec_adopt_polyak_lojasiewicz (G mu al b1 b2 e : R) :
  let X := theta_of (adopt_iterate Q (fun _ => al) b1 b2 e) in
  unbiased_oracle Q -> second_moment Q X T G -> polyak_lojasiewicz Q X T mu f_inf -> 0 < mu ->
  parameters b1 b2 e -> 0 < al ->
  min_1_to (value_measure Q X T f_inf) T <= average (value_measure Q X T f_inf) T /\
  average (value_measure Q X T f_inf) T
  <= sqrt (G ^ 2 + e ^ 2) * (Delta / (al * INR T) + al * L * G ^ 2 * (1 + b1) / (2 * e ^ 2 * (1 - b1))) / (2 * mu).
Proof.
  intros X HU HG HP Hmu HR Ha. destruct (spec_adopt G al b1 b2 e HU HG HR Ha) as [_ B]. subst X.
  pose proof (adopt_iterates Q L f_inf T HQ (fun _ => al) b1 b2 e) as E.
  rewrite <- (average_measure Q L f_inf T HQ _ _ E) in B.
  pose proof (value_average _ _ f_inf mu T Hmu (driven_pl Q L f_inf T HQ _ _ E mu HP) (lower_bounded _ _ _ HQ) _ HT B) as R.
  rewrite (value_measure_eq Q L f_inf T HQ _ _ E) in R. exact R.
Qed.

(** N7, second part (A6): alpha_t = m / (mu (t + 1)) with m = max(G, eps), the last iterate. *)
Theorem spec_adopt_polyak_lojasiewicz_last (G mu b2 e : R) :
  let m := Rmax G e in
  let X := theta_of (adopt_iterate Q (fun t => m / (mu * (INR t + 1))) 0 b2 e) in
  unbiased_oracle Q -> bounded_gradients Q X T G -> polyak_lojasiewicz Q X T mu f_inf -> 0 < mu -> 0 <= G ->
  0 <= b2 <= 1 -> 0 < e ->
  Expect Q T (fun xi => obj Q (X T xi)) - f_inf <= L * G ^ 2 * m ^ 2 / (2 * mu ^ 2 * e ^ 2 * (INR T + 1)).
Proof.
  intros m X HU HG HP Hmu HG0 H2 He. subst X m.
  pose proof (adopt_iterates Q L f_inf T HQ (fun t => Rmax G e / (mu * (INR t + 1))) 0 b2 e) as E.
  pose proof (process_adopt_polyak_lojasiewicz (driven Q L f_inf T HQ _) L f_inf mu G T b2 e ltac:(on_paths E) ltac:(on_paths E)
    Hmu HG0 H2 He ltac:(on_paths E) (driven_bounded Q L f_inf T HQ _ G HG) (driven_pl Q L f_inf T HQ _ _ E mu HP) HT) as B.
  eapply Rle_trans; [|exact B]. right. f_equal. apply (expect_ext (S := path_space Q L f_inf T HQ)); intro w.
  unfold m_. rewrite (theta_eq Q L f_inf T HQ _ _ E). reflexivity.
Qed.

End Theorems.
