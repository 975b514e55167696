(** SGD with momentum as an average, m_t = beta1 m_(t-1) + (1 - beta1) g_t, and
    plain SGD (beta1 = 0), in the measure (1/T) sum E ||grad f(theta_(t-1))||^2:
    the reference that ADOPT's constants are compared with. *)
From Coq Require Import Reals Lra Psatz List FunctionalExtensionality.
From Coq Require Vectors.Fin.
From ADOPT Require Import FiniteSum Vector Space Paths Adopt Spec Iterates Witness.
Open Scope R_scope.

Section Process.
Context {S : space} {I : Type}.
Variables (P : problem S I) (L f_inf al b1 : R) (T : nat).
Notation nrm2 := (nrm2 (idx P)).
Notation dot := (dot (idx P)).
Notation Sn := Datatypes.S.

(** (theta_n, m_n) *)
Fixpoint sgd (n : nat) (w : S) : (I -> R) * (I -> R) :=
  match n with
  | O => (theta0 P w, fun _ => 0)
  | Datatypes.S n' =>
      let m := fun i => b1 * snd (sgd n' w) i + (1 - b1) * g P n w i in
      (fun i => fst (sgd n' w) i - al * m i, m)
  end.

Notation x n w := (fst (sgd n w)).
Notation m n w := (snd (sgd n w)).
Notation grad n w := (nf P (fst (sgd n w))).

Hypothesis HS : smooth P L f_inf.
Hypothesis HA : adapted P.
Hypothesis Hal : 0 < al.
Hypothesis Hb1 : 0 <= b1 < 1.
Hypothesis HT : (1 <= T)%nat.
(** A2 *)
Hypothesis HU : forall n, (n < T)%nat -> forall i w, cond n (fun w => g P (Sn n) w i) w = grad n w i.

(** phi_(n+1) = phi_n - alpha g_(n+1): the momentum is out of the step ([phi_next]). *)
Definition kappa : R := b1 / (1 - b1).
Definition phi (n : nat) (w : S) (i : I) : R := x n w i - kappa * al * m n w i.
(** E ||grad f(theta_n)||^2, E ||m_n||^2, E ||g_(n+1)||^2 *)
Definition gradient_square (n : nat) : R := expect (fun w => nrm2 (grad n w)).
Definition momentum_square (n : nat) : R := expect (fun w => nrm2 (m n w)).
Definition sample_square (n : nat) : R := expect (fun w => nrm2 (g P (Sn n) w)).

Lemma kappa_nonneg : 0 <= kappa.
Proof. apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat; lra]. Qed.

Lemma sgd_measurable n : measurable n (sgd n).
Proof.
  destruct HA as [H0 Hg]. revert n. apply (recurrence_measurable sgd (g P) Hg).
  - intros w w' E. simpl. rewrite (H0 w w' E). reflexivity.
  - intros n w w' E1 E2. cbn [sgd]. rewrite E1, E2. reflexivity.
Qed.

(** E <Z, g_(n+1)> = E <Z, grad f(theta_n)> for a Z made of (theta_n, m_n) *)
Lemma expect_dot_gradient n (Z : (I -> R) * (I -> R) -> I -> R) : (n < T)%nat ->
  expect (fun w => dot (Z (sgd n w)) (g P (Sn n) w)) = expect (fun w => dot (Z (sgd n w)) (grad n w)).
Proof.
  intro Hn. rewrite (expect_dot_pull (idx P) n _ (g P (Sn n)) (measurable_map n Z _ (sgd_measurable n))).
  apply expect_ext; intro w. apply lsum_ext; intro i. rewrite HU by exact Hn. reflexivity.
Qed.

Lemma phi_next n w : phi (Sn n) w = line (phi n w) (fun i => - al * g P (Sn n) w i) 1.
Proof. apply functional_extensionality; intro i. unfold phi, line, kappa. simpl. field. lra. Qed.

(** Lipschitz and Young: moving from theta to phi costs a multiple of ||m||^2 + ||grad||^2. *)
Lemma cross n w :
  nrm2 (grad n w) - L * (kappa * al) / 2 * (nrm2 (m n w) + nrm2 (grad n w)) <= dot (nf P (phi n w)) (grad n w).
Proof.
  pose proof (lipschitz_young (idx P) L (nf P) (kappa * al) (x n w) (m n w) (grad n w) (sm_L _ _ _ HS) (sm_lipschitz _ _ _ HS)) as Y.
  fold (phi n w) in Y. rewrite dot_vsub in Y. pose proof kappa_nonneg.
  specialize (Y ltac:(apply Rmult_le_pos; lra)).
  replace (dot (grad n w) (grad n w)) with (nrm2 (grad n w)) in Y by (apply lsum_ext; intro; ring). lra.
Qed.

Lemma step n : (n < T)%nat ->
  expect (fun w => f P (phi (Sn n) w))
  <= expect (fun w => f P (phi n w)) - al * gradient_square n
     + al ^ 2 * (L * kappa / 2) * (momentum_square n + gradient_square n) + L * al ^ 2 / 2 * sample_square n.
Proof.
  intro Hn.
  pose proof (expect_dot_gradient n (fun s => nf P (fun i => fst s i - kappa * al * snd s i)) Hn
    : expect (fun w => dot (nf P (phi n w)) (g P (Sn n) w)) = expect (fun w => dot (nf P (phi n w)) (grad n w))) as E.
  assert (C : gradient_square n - L * (kappa * al) / 2 * (momentum_square n + gradient_square n)
              <= expect (fun w => dot (nf P (phi n w)) (grad n w))).
  { unfold gradient_square, momentum_square. rewrite <- expect_plus, <- expect_scal, <- expect_minus.
    apply expect_le; intro w. apply cross. }
  apply Rle_trans with (expect (fun w => f P (phi n w) + ((- al) * dot (nf P (phi n w)) (g P (Sn n) w)
                                         + L * al ^ 2 / 2 * nrm2 (g P (Sn n) w)))).
  - apply expect_le; intro w. rewrite phi_next.
    eapply Rle_trans; [apply (smooth_descent P L f_inf _ _ HS)|]. rewrite dot_scal, nrm2_scal. right. unfold Rdiv. ring.
  - rewrite !expect_plus, !expect_scal, E. fold (sample_square n).
    apply Rmult_le_compat_l with (r := al) in C; [|lra]. lra.
Qed.

Lemma momentum_step n : momentum_square (Sn n) <= b1 * momentum_square n + (1 - b1) * sample_square n.
Proof.
  unfold momentum_square, sample_square. rewrite <- !expect_scal, <- expect_plus. apply expect_le; intro w.
  cbn [sgd snd]. apply nrm2_convex. lra.
Qed.

Lemma momentum_sum : nsum momentum_square T <= nsum sample_square T.
Proof.
  apply (nsum_moving_average b1 _ _ T Hb1); [|intro; apply expect_nonneg; intro; apply nrm2_nonneg|exact momentum_step].
  unfold momentum_square. cbn [sgd snd]. rewrite (expect_ext _ (fun _ => 0)); [apply expect_const|].
  intro w. unfold Vector.nrm2. rewrite (lsum_ext _ _ (fun _ => 0)) by (intro; ring). apply lsum_zero.
Qed.

Notation Delta := (expect (fun w => f P (theta0 P w)) - f_inf).

Lemma descent_sum :
  al * nsum gradient_square T <= Delta + al ^ 2 * L / 2 * (kappa * nsum gradient_square T + (1 + kappa) * nsum sample_square T).
Proof.
  pose proof (nsum_telescope (fun n => expect (fun w => f P (phi n w))) (fun n => - al * gradient_square n
    + (al ^ 2 * (L * kappa / 2) * (momentum_square n + gradient_square n) + L * al ^ 2 / 2 * sample_square n)) T) as H.
  rewrite !nsum_plus, !nsum_scal, nsum_plus in H. specialize (H (fun n Hn => ltac:(pose proof (step n Hn); lra))).
  rewrite (expect_ext (fun w => f P (phi 0 w)) (fun w => f P (theta0 P w))) in H
    by (intro w; f_equal; apply functional_extensionality; intro i; unfold phi; simpl; ring).
  pose proof momentum_sum as M. pose proof kappa_nonneg as Hk. pose proof (sm_L _ _ _ HS) as HL.
  assert (Hc : 0 <= al ^ 2 * (L * kappa / 2)).
  { apply Rmult_le_pos; [apply pow2_ge_0|]. unfold Rdiv. apply Rmult_le_pos; [apply Rmult_le_pos|]; lra. }
  apply Rmult_le_compat_l with (r := al ^ 2 * (L * kappa / 2)) in M; [|exact Hc].
  pose proof (expect_lower P L f_inf (phi T) HS).
  replace (al ^ 2 * L / 2 * (kappa * nsum gradient_square T + (1 + kappa) * nsum sample_square T))
    with (al ^ 2 * (L * kappa / 2) * nsum gradient_square T + al ^ 2 * (L * kappa / 2) * nsum sample_square T
          + L * al ^ 2 / 2 * nsum sample_square T) by field.
  lra.
Qed.

(** Jensen: E ||grad f(theta_n)||^2 <= E ||g_(n+1)||^2 *)
Lemma gradient_le_sample n : (n < T)%nat -> gradient_square n <= sample_square n.
Proof.
  intro Hn. eapply Rle_trans; [|apply (expect_nrm2_cond (idx P) n)]. right. apply expect_ext; intro w.
  apply lsum_ext; intro i. rewrite HU by exact Hn. reflexivity.
Qed.

(** Under A5 along the steps, sum ||m||^2 and sum ||grad||^2 are both at most T G^2. *)
Theorem process_sgd_momentum G : (forall n, (n < T)%nat -> sample_square n <= G ^ 2) ->
  average (fun t => gradient_square (pred t)) T
  <= Delta / (al * INR T) + al * L * G ^ 2 / 2 * ((1 + b1) / (1 - b1)).
Proof.
  intro HG. pose proof (INR_pos T HT) as PT. pose proof (sm_L _ _ _ HS) as HL. pose proof kappa_nonneg as Hk.
  assert (SN : nsum sample_square T <= INR T * G ^ 2) by (rewrite <- nsum_const; apply nsum_le, HG).
  assert (SS : nsum gradient_square T <= INR T * G ^ 2).
  { rewrite <- nsum_const. apply nsum_le; intros n Hn. eapply Rle_trans; [apply gradient_le_sample, Hn|apply HG, Hn]. }
  pose proof descent_sum as D.
  assert (B : kappa * nsum gradient_square T + (1 + kappa) * nsum sample_square T <= (1 + 2 * kappa) * (INR T * G ^ 2)).
  { apply Rmult_le_compat_l with (r := kappa) in SS; [|exact Hk].
    apply Rmult_le_compat_l with (r := 1 + kappa) in SN; [|lra]. lra. }
  apply Rmult_le_compat_l with (r := al ^ 2 * L / 2) in B.
  2:{ unfold Rdiv. apply Rmult_le_pos; [apply Rmult_le_pos; [apply pow2_ge_0|exact HL]|lra]. }
  unfold average, sum_1_to. simpl pred. change (nsum (fun n => gradient_square n) T) with (nsum gradient_square T).
  apply Rmult_le_reg_r with (al * INR T); [apply Rmult_lt_0_compat; assumption|].
  replace (nsum gradient_square T / INR T * (al * INR T)) with (al * nsum gradient_square T) by (field; lra).
  replace ((Delta / (al * INR T) + al * L * G ^ 2 / 2 * ((1 + b1) / (1 - b1))) * (al * INR T))
    with (Delta + al ^ 2 * L / 2 * ((1 + 2 * kappa) * (INR T * G ^ 2))).
  - lra.
  - replace (1 + 2 * kappa) with ((1 + b1) / (1 - b1)) by (unfold kappa; field; lra). field. lra.
Qed.

(** A2 and A4: E ||g_(n+1)||^2 = E ||grad||^2 + E ||g_(n+1) - grad||^2. *)
Lemma sample_split n sigma : (n < T)%nat ->
  expect (fun w => nrm2 (vsub (g P (Sn n) w) (grad n w))) <= sigma ^ 2 -> sample_square n <= gradient_square n + sigma ^ 2.
Proof.
  intros Hn Hv.
  assert (E : sample_square n = gradient_square n + expect (fun w => nrm2 (vsub (g P (Sn n) w) (grad n w)))); [|lra].
  assert (X : expect (fun w => dot (grad n w) (g P (Sn n) w)) = gradient_square n).
  { rewrite (expect_dot_gradient n (fun s => nf P (fst s)) Hn). apply expect_ext; intro w. apply lsum_ext; intro; ring. }
  unfold sample_square. replace (gradient_square n + _) with (expect (fun w => 2 * dot (grad n w) (g P (Sn n) w)
    + (-1 * nrm2 (grad n w) + nrm2 (vsub (g P (Sn n) w) (grad n w))))).
  - apply expect_ext; intro w. unfold Vector.dot, Vector.nrm2. rewrite <- !lsum_scal, <- !lsum_plus.
    apply lsum_ext; intro i. unfold vsub. ring.
  - rewrite !expect_plus, !expect_scal, X. fold (gradient_square n). ring.
Qed.

(** Under A4 instead: alpha small enough to absorb sum E ||grad||^2. *)
Theorem process_sgd_momentum_bounded_variance sigma :
  (forall n, (n < T)%nat -> expect (fun w => nrm2 (vsub (g P (Sn n) w) (grad n w))) <= sigma ^ 2) ->
  al * L * (1 + b1) <= 1 - b1 ->
  average (fun t => gradient_square (pred t)) T <= 2 * Delta / (al * INR T) + al * L * sigma ^ 2 / (1 - b1).
Proof.
  intros HV Hst. pose proof (INR_pos T HT) as PT. pose proof (sm_L _ _ _ HS) as HL. pose proof kappa_nonneg as Hk.
  assert (SN : nsum sample_square T <= nsum gradient_square T + INR T * sigma ^ 2).
  { rewrite <- nsum_const, <- nsum_plus. apply nsum_le; intros n Hn. apply sample_split, HV; exact Hn. }
  assert (P0 : 0 <= nsum gradient_square T) by (apply nsum_nonneg; intros; apply expect_nonneg; intro; apply nrm2_nonneg).
  pose proof descent_sum as D.
  assert (Hc : 0 <= al ^ 2 * L / 2) by (unfold Rdiv; apply Rmult_le_pos; [apply Rmult_le_pos; [apply pow2_ge_0|exact HL]|lra]).
  assert (B : kappa * nsum gradient_square T + (1 + kappa) * nsum sample_square T
              <= (1 + 2 * kappa) * nsum gradient_square T + (1 + kappa) * (INR T * sigma ^ 2)).
  { apply Rmult_le_compat_l with (r := 1 + kappa) in SN; lra. }
  apply Rmult_le_compat_l with (r := al ^ 2 * L / 2) in B; [|exact Hc].
  assert (A : al ^ 2 * L / 2 * ((1 + 2 * kappa) * nsum gradient_square T) <= al / 2 * nsum gradient_square T).
  { replace (al ^ 2 * L / 2 * ((1 + 2 * kappa) * nsum gradient_square T))
      with (al / 2 * nsum gradient_square T * (al * L * (1 + 2 * kappa))) by field.
    rewrite <- (Rmult_1_r (al / 2 * nsum gradient_square T)) at 2. apply Rmult_le_compat_l; [apply Rmult_le_pos; lra|].
    replace (1 + 2 * kappa) with ((1 + b1) * / (1 - b1)) by (unfold kappa; field; lra).
    rewrite <- Rmult_assoc. apply Rmult_le_reg_r with (1 - b1); [lra|]. rewrite Rmult_assoc, Rinv_l by lra. lra. }
  unfold average, sum_1_to. simpl pred. change (nsum (fun n => gradient_square n) T) with (nsum gradient_square T).
  apply Rmult_le_reg_r with (al / 2 * INR T); [apply Rmult_lt_0_compat; lra|].
  replace (nsum gradient_square T / INR T * (al / 2 * INR T)) with (al / 2 * nsum gradient_square T) by (field; lra).
  replace ((2 * Delta / (al * INR T) + al * L * sigma ^ 2 / (1 - b1)) * (al / 2 * INR T))
    with (Delta + al ^ 2 * L / 2 * ((1 + kappa) * (INR T * sigma ^ 2))).
  - lra.
  - unfold kappa. field. lra.
Qed.

End Process.

(** *** Textbook form *)
Section Textbook.
Context {D N : nat}.
Variables (Q : model D N) (L f_inf : R) (T : nat).
Hypothesis HQ : standing Q L f_inf.
Hypothesis HT : (1 <= T)%nat.
Notation Delta := (obj Q (start Q) - f_inf).
Notation path_space := (path_space Q L f_inf T HQ).

(** (theta_t, m_t) of SGD with momentum. *)
Fixpoint sgd_momentum_iterate (al b1 : R) (t : nat) (xi : nat -> Fin.t N) : vec D * vec D :=
  match t with
  | O => (start Q, fun _ => 0)
  | S t' =>
      let '(theta, m) := sgd_momentum_iterate al b1 t' xi in
      let m' := fun i => b1 * m i + (1 - b1) * oracle Q theta (xi t) i in
      (fun i => theta i - al * m' i, m')
  end.

(** theta_t of SGD. *)
Fixpoint sgd_iterate (al : R) (t : nat) (xi : nat -> Fin.t N) : vec D :=
  match t with
  | O => start Q
  | S t' => let theta := sgd_iterate al t' xi in fun i => theta i - al * oracle Q theta (xi t) i
  end.

(** E ||grad f(theta_(t-1))||^2, 1 <= t <= T *)
Definition square_measure (X : nat -> (nat -> Fin.t N) -> vec D) (t : nat) : R :=
  Expect Q T (fun xi => norm (fins D) (grad Q (X (pred t) xi)) ^ 2).

(** A5 and A4 along the iterates, unconditional, for the gradients that are used. *)
Definition second_moment_of_steps (X : nat -> (nat -> Fin.t N) -> vec D) (G : R) : Prop := forall t, (1 <= t <= T)%nat ->
  Expect Q T (fun xi => norm (fins D) (stochastic_gradient Q X t xi) ^ 2) <= G ^ 2.
Definition variance_of_steps (X : nat -> (nat -> Fin.t N) -> vec D) (sigma : R) : Prop := forall t, (t < T)%nat ->
  Expect Q T (fun xi => norm (fins D) (vsub (stochastic_gradient Q X (S t) xi) (grad Q (X t xi))) ^ 2) <= sigma ^ 2.

Section Momentum.
Variables (al b1 : R).
Notation X := (fun t xi => fst (sgd_momentum_iterate al b1 t xi)).
Notation P := (driven Q L f_inf T HQ X).

Lemma sgd_iterates t xi : sgd P al b1 t xi = sgd_momentum_iterate al b1 t xi.
Proof.
  induction t as [|t IH]; [reflexivity|]. cbn [sgd]. rewrite IH.
  cbn [sgd_momentum_iterate driven g stochastic_gradient]. destruct (sgd_momentum_iterate al b1 t xi) as [x m]. reflexivity.
Qed.

Lemma iterate_measurable t : measurable (S := path_space) t (X t).
Proof.
  apply (iterates_measurable Q L f_inf T HQ (sgd_momentum_iterate al b1) fst); [reflexivity|].
  intros n xi xi' E1 E2. cbn [sgd_momentum_iterate]. rewrite E1, E2. reflexivity.
Qed.

Definition sgd_adapted : adapted P := iterates_adapted Q L f_inf T HQ X iterate_measurable.

Lemma sgd_unbiased : unbiased_oracle Q -> forall n, (n < T)%nat -> forall i w,
  cond (s := path_space) n (fun w => g P (S n) w i) w = nf P (fst (sgd P al b1 n w)) i.
Proof. intros HU n Hn i w. rewrite sgd_iterates. exact (iterates_unbiased Q L f_inf T HQ X iterate_measurable HU n Hn i w). Qed.

Lemma measure_eq : (fun t => gradient_square P al b1 (pred t)) = square_measure X.
Proof.
  apply functional_extensionality; intro t. unfold gradient_square, square_measure. apply (expect_ext (S := path_space)); intro w.
  rewrite sgd_iterates. symmetry. apply norm_sq.
Qed.

(** A1, A2, A3, A5. *)
Theorem spec_sgd_momentum G : unbiased_oracle Q -> second_moment_of_steps X G -> 0 < al -> 0 <= b1 < 1 ->
  average (square_measure X) T <= Delta / (al * INR T) + al * L * G ^ 2 / 2 * ((1 + b1) / (1 - b1)).
Proof.
  intros HU HG Ha Hb. rewrite <- measure_eq, <- (initial_value Q L f_inf T HQ X).
  apply (process_sgd_momentum P L f_inf al b1 T (driven_smooth Q L f_inf T HQ X) sgd_adapted Ha Hb HT (sgd_unbiased HU)).
  intros n Hn. eapply Rle_trans; [|apply (HG (S n)); lia]. right. apply (expect_ext (S := path_space)); intro w.
  symmetry. apply norm_sq.
Qed.

(** A1 to A4, no A5. *)
Theorem spec_sgd_momentum_bounded_variance sigma : unbiased_oracle Q -> variance_of_steps X sigma ->
  0 < al -> 0 <= b1 < 1 -> al * L * (1 + b1) <= 1 - b1 ->
  average (square_measure X) T <= 2 * Delta / (al * INR T) + al * L * sigma ^ 2 / (1 - b1).
Proof.
  intros HU HV Ha Hb Hst. rewrite <- measure_eq, <- (initial_value Q L f_inf T HQ X).
  apply (process_sgd_momentum_bounded_variance P L f_inf al b1 T (driven_smooth Q L f_inf T HQ X) sgd_adapted Ha Hb HT
    (sgd_unbiased HU)); [|exact Hst].
  intros n Hn. eapply Rle_trans; [|apply (HV n); lia]. right. apply (expect_ext (S := path_space)); intro w.
  rewrite sgd_iterates. symmetry. apply norm_sq.
Qed.

End Momentum.

(** SGD is momentum with beta1 = 0. *)
Lemma sgd_without_momentum al : sgd_iterate al = fun t xi => fst (sgd_momentum_iterate al 0 t xi).
Proof.
  apply functional_extensionality; intro t. apply functional_extensionality; intro xi.
  induction t as [|t IH]; [reflexivity|]. cbn [sgd_iterate sgd_momentum_iterate]. rewrite IH.
  destruct (sgd_momentum_iterate al 0 t xi) as [x m]. simpl. apply functional_extensionality; intro i. ring.
Qed.

Theorem spec_sgd al G : unbiased_oracle Q -> second_moment_of_steps (sgd_iterate al) G -> 0 < al ->
  average (square_measure (sgd_iterate al)) T <= Delta / (al * INR T) + al * L * G ^ 2 / 2.
Proof.
  rewrite sgd_without_momentum. intros HU HG Ha. eapply Rle_trans; [apply (spec_sgd_momentum al 0 G HU HG Ha); lra|].
  right. field. split; [apply not_0_INR; lia|lra].
Qed.

Theorem spec_sgd_bounded_variance al sigma : unbiased_oracle Q -> variance_of_steps (sgd_iterate al) sigma -> 0 < al -> al * L <= 1 ->
  average (square_measure (sgd_iterate al)) T <= 2 * Delta / (al * INR T) + al * L * sigma ^ 2.
Proof.
  rewrite sgd_without_momentum. intros HU HV Ha Hst.
  eapply Rle_trans; [apply (spec_sgd_momentum_bounded_variance al 0 sigma HU HV Ha); lra|].
  right. field. split; [apply not_0_INR; lia|lra].
Qed.

End Textbook.

(** *** Non-vacuity: f = sin with +-1 noise, alpha = 1/100, beta1 = 9/10. *)
Section Witnesses.
Variable T : nat.
Hypothesis HT : (1 <= T)%nat.

Lemma sine_step X t (xi : nat -> Fin.t 2) : norm (fins 1) (stochastic_gradient sine X (S t) xi) ^ 2 <= 2 ^ 2
  /\ norm (fins 1) (vsub (stochastic_gradient sine X (S t) xi) (grad sine (X t xi))) ^ 2 <= 1 ^ 2.
Proof.
  rewrite !norm_1, !pow2_abs. unfold vsub. simpl. pose proof (COS_bound (X t xi i0)) as C. unfold i0 in *.
  set (c := cos (X t xi Fin.F1)) in *. unfold sign_of. destruct (proj1_sig (Fin.to_nat (xi (S t)))); split; nra.
Qed.

Lemma sine_second_moment_of_steps X : second_moment_of_steps sine T X 2.
Proof.
  intros [|t] Ht; [lia|]. rewrite <- (expect_const (S := path_space sine 1 (-1) T sine_standing) (2 ^ 2)).
  apply (expect_le (path_space sine 1 (-1) T sine_standing)); intro w. apply sine_step.
Qed.

Lemma sine_variance_of_steps X : variance_of_steps sine T X 1.
Proof.
  intros t Ht. rewrite <- (expect_const (S := path_space sine 1 (-1) T sine_standing) (1 ^ 2)).
  apply (expect_le (path_space sine 1 (-1) T sine_standing)); intro w. apply sine_step.
Qed.

Definition witness_sgd := spec_sgd sine 1 (-1) T sine_standing HT (/ 100) 2 sine_unbiased
  (sine_second_moment_of_steps _) ltac:(lra).
Definition witness_sgd_bounded_variance := spec_sgd_bounded_variance sine 1 (-1) T sine_standing HT (/ 100) 1 sine_unbiased
  (sine_variance_of_steps _) ltac:(lra) ltac:(lra).
Definition witness_sgd_momentum := spec_sgd_momentum sine 1 (-1) T sine_standing HT (/ 100) (9 / 10) 2 sine_unbiased
  (sine_second_moment_of_steps _) ltac:(lra) ltac:(lra).
Definition witness_sgd_momentum_bounded_variance := spec_sgd_momentum_bounded_variance sine 1 (-1) T sine_standing HT
  (/ 100) (9 / 10) 1 sine_unbiased (sine_variance_of_steps _) ltac:(lra) ltac:(lra) ltac:(lra).
End Witnesses.
