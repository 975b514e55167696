(** SGD with momentum as an average, m_t = beta1 m_(t-1) + (1 - beta1) g_t, and
    plain SGD (beta1 = 0), in the measure (1/T) sum E ||grad f(theta_(t-1))||^2:
    the reference that ADOPT's constants are compared with. *)
From Coq Require Import Reals Lra Psatz List FunctionalExtensionality.
From Coq Require Vectors.Fin.
From ADOPT Require Import FiniteSum Vector Space Paths Adopt Spec Witness.
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

Definition kappa : R := b1 / (1 - b1).
Definition phi (n : nat) (w : S) (i : I) : R := x n w i - kappa * al * m n w i.
(** E ||grad f(theta_n)||^2, E ||m_n||^2, E ||g_(n+1)||^2 *)
Definition square (n : nat) : R := expect (fun w => nrm2 (grad n w)).
Definition momentum_square (n : nat) : R := expect (fun w => nrm2 (m n w)).
Definition noise_square (n : nat) : R := expect (fun w => nrm2 (g P (Sn n) w)).

Lemma kappa_nonneg : 0 <= kappa.
Proof. apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat; lra]. Qed.

Lemma sgd_measurable n : measurable n (sgd n).
Proof.
  destruct HA as [H0 Hg]. induction n as [|n IH]; intros w w' E; simpl.
  - rewrite (H0 w w' E). reflexivity.
  - rewrite (IH w w' (same_mono _ _ _ _ _ (Nat.le_succ_diag_r n) E)), (Hg _ w w' E). reflexivity.
Qed.

Lemma phi_next n w : phi (Sn n) w = line (phi n w) (fun i => - al * g P (Sn n) w i) 1.
Proof. apply functional_extensionality; intro i. unfold phi, line, kappa. simpl. field. lra. Qed.

(** E <grad f(phi_n), g_(n+1)> = E <grad f(phi_n), grad f(theta_n)> *)
Lemma expect_direction n : (n < T)%nat ->
  expect (fun w => dot (nf P (phi n w)) (g P (Sn n) w)) = expect (fun w => dot (nf P (phi n w)) (grad n w)).
Proof.
  intro Hn. unfold Vector.dot. rewrite !expect_sum. apply lsum_ext; intro i.
  assert (HM : measurable n (fun w => nf P (phi n w) i)).
  { exact (measurable_map n (fun s : (I -> R) * (I -> R) => nf P (fun i => fst s i - kappa * al * snd s i) i) _ (sgd_measurable n)). }
  rewrite (expect_pull n _ _ HM). apply expect_ext; intro w. rewrite HU by exact Hn. reflexivity.
Qed.

Lemma cross n w : dot (nf P (phi n w)) (grad n w)
  >= nrm2 (grad n w) - L * (kappa * al) / 2 * (nrm2 (m n w) + nrm2 (grad n w)).
Proof.
  pose proof (sm_L _ _ _ HS) as HL. pose proof kappa_nonneg as Hk.
  assert (Hc : 0 <= L * (kappa * al)) by (apply Rmult_le_pos; [exact HL|apply Rmult_le_pos; lra]).
  pose proof (dot_young (idx P) (L * (kappa * al)) (vsub (grad n w) (nf P (phi n w))) (grad n w) (nrm2 (m n w)) Hc) as Y.
  assert (Y1 : nrm2 (vsub (grad n w) (nf P (phi n w))) <= (L * (kappa * al)) ^ 2 * nrm2 (m n w)).
  { eapply Rle_trans; [apply (lipschitz_sq (idx P) L (nf P) HL (sm_lipschitz P _ _ HS))|].
    replace (nrm2 (vsub (x n w) (phi n w))) with ((kappa * al) ^ 2 * nrm2 (m n w)); [right; ring|].
    rewrite <- nrm2_scal. apply lsum_ext; intro i. unfold vsub, phi. ring. }
  specialize (Y Y1 (nrm2_nonneg _ _)).
  replace (dot (nf P (phi n w)) (grad n w)) with (nrm2 (grad n w) - dot (vsub (grad n w) (nf P (phi n w))) (grad n w)); [lra|].
  unfold Vector.dot, Vector.nrm2, Rminus. rewrite <- (Rmult_1_l (lsum (idx P) (fun i => vsub _ _ i * _))), Ropp_mult_distr_l,
    <- lsum_scal, <- lsum_plus. apply lsum_ext; intro i. unfold vsub. ring.
Qed.

Lemma step n : (n < T)%nat ->
  expect (fun w => f P (phi (Sn n) w))
  <= expect (fun w => f P (phi n w)) - al * square n
     + al ^ 2 * (L * kappa / 2) * (momentum_square n + square n) + L * al ^ 2 / 2 * noise_square n.
Proof.
  intro Hn. pose proof (expect_direction n Hn) as E.
  assert (C : square n - L * (kappa * al) / 2 * (momentum_square n + square n) <= expect (fun w => dot (nf P (phi n w)) (grad n w))).
  { unfold square, momentum_square. rewrite <- expect_plus, <- expect_scal, <- expect_minus.
    apply expect_le; intro w. apply Rge_le, cross. }
  apply Rle_trans with (expect (fun w => f P (phi n w) + ((- al) * dot (nf P (phi n w)) (g P (Sn n) w)
                                         + L * al ^ 2 / 2 * nrm2 (g P (Sn n) w)))).
  - apply expect_le; intro w. rewrite phi_next.
    eapply Rle_trans; [apply (descent (idx P) (f P) (nf P) L (sm_L _ _ _ HS) (sm_gradient _ _ _ HS) (sm_lipschitz _ _ _ HS))|].
    rewrite nrm2_scal. right. replace (dot (nf P (phi n w)) (fun i => - al * g P (Sn n) w i))
      with (- al * dot (nf P (phi n w)) (g P (Sn n) w)); [unfold Rdiv; ring|].
    unfold Vector.dot. rewrite <- lsum_scal. apply lsum_ext; intro; ring.
  - rewrite !expect_plus, !expect_scal, E. fold (noise_square n).
    apply Rmult_le_compat_l with (r := al) in C; [|lra]. lra.
Qed.

Lemma momentum_step n : momentum_square (Sn n) <= b1 * momentum_square n + (1 - b1) * noise_square n.
Proof.
  unfold momentum_square, noise_square. rewrite <- !expect_scal, <- expect_plus. apply expect_le; intro w.
  unfold Vector.nrm2. rewrite <- !lsum_scal, <- lsum_plus. apply lsum_le; intro i. cbn [sgd snd].
  set (a := snd (sgd n w) i). set (u := g P (Sn n) w i).
  assert (0 <= b1 * (1 - b1) * (a - u) ^ 2) by (apply Rmult_le_pos; [apply Rmult_le_pos; lra|apply pow2_ge_0]). nra.
Qed.

Lemma momentum_sum : nsum momentum_square T <= nsum noise_square T.
Proof.
  assert (H : forall n, (1 - b1) * nsum momentum_square n + momentum_square n <= (1 - b1) * nsum noise_square n).
  { induction n as [|n IH].
    - unfold momentum_square, Vector.nrm2. cbn [nsum sgd snd]. right.
      rewrite (expect_ext _ (fun _ => 0)); [rewrite expect_const; ring|].
      intro w. rewrite (lsum_ext _ _ (fun _ => 0)) by (intro; ring). apply lsum_zero.
    - pose proof (momentum_step n). cbn [nsum]. lra. }
  assert (0 <= momentum_square T) by (apply expect_nonneg; intro; apply nrm2_nonneg).
  pose proof (H T). apply Rmult_le_reg_l with (1 - b1); lra.
Qed.

Notation Delta := (expect (fun w => f P (theta0 P w)) - f_inf).

Lemma descent_sum :
  al * nsum square T <= Delta + al ^ 2 * L / 2 * (kappa * nsum square T + (1 + kappa) * nsum noise_square T).
Proof.
  assert (H : forall n, (n <= T)%nat ->
    expect (fun w => f P (phi n w)) <= expect (fun w => f P (theta0 P w)) - al * nsum square n
      + al ^ 2 * (L * kappa / 2) * (nsum momentum_square n + nsum square n) + L * al ^ 2 / 2 * nsum noise_square n).
  { induction n as [|n IH]; intro Hn.
    - right. cbn [nsum]. rewrite (expect_ext _ (fun w => f P (theta0 P w))); [ring|].
      intro w. f_equal. apply functional_extensionality; intro i. unfold phi. simpl. ring.
    - pose proof (step n Hn). specialize (IH ltac:(lia)). cbn [nsum]. lra. }
  specialize (H T (le_n _)). pose proof momentum_sum as M. pose proof kappa_nonneg as Hk. pose proof (sm_L _ _ _ HS) as HL.
  assert (Hc : 0 <= al ^ 2 * (L * kappa / 2)).
  { apply Rmult_le_pos; [apply pow2_ge_0|]. unfold Rdiv. apply Rmult_le_pos; [apply Rmult_le_pos|]; lra. }
  apply Rmult_le_compat_l with (r := al ^ 2 * (L * kappa / 2)) in M; [|exact Hc].
  assert (f_inf <= expect (fun w => f P (phi T w))).
  { rewrite <- (expect_const (S := S) f_inf). apply expect_le; intro; apply (sm_lower _ _ _ HS). }
  replace (al ^ 2 * L / 2 * (kappa * nsum square T + (1 + kappa) * nsum noise_square T))
    with (al ^ 2 * (L * kappa / 2) * nsum square T + al ^ 2 * (L * kappa / 2) * nsum noise_square T
          + L * al ^ 2 / 2 * nsum noise_square T) by field.
  lra.
Qed.

Lemma INR_pos : 0 < INR T.
Proof. apply lt_0_INR. lia. Qed.

Lemma half_plus_kappa : / 2 + kappa = (1 + b1) / (2 * (1 - b1)).
Proof. unfold kappa. field. lra. Qed.

Lemma one_plus_kappa : 1 + kappa = / (1 - b1).
Proof. unfold kappa. field. lra. Qed.

(** Jensen: E ||grad f(theta_n)||^2 <= E ||g_(n+1)||^2 *)
Lemma square_le_noise n : (n < T)%nat -> square n <= noise_square n.
Proof.
  intro Hn. unfold square, noise_square, Vector.nrm2. rewrite !expect_sum. apply lsum_le; intro i.
  rewrite <- (expect_cond S n (fun w => g P (Sn n) w i ^ 2)). apply expect_le; intro w.
  rewrite <- (HU n Hn). apply cond_square.
Qed.

(** A5 *)
Theorem process_sgd_momentum G : (forall n, (n < T)%nat -> noise_square n <= G ^ 2) ->
  average (fun t => square (pred t)) T
  <= Delta / (al * INR T) + al * L * G ^ 2 / 2 * ((1 + b1) / (1 - b1)).
Proof.
  intro HG. pose proof INR_pos as PT. pose proof (sm_L _ _ _ HS) as HL. pose proof kappa_nonneg as Hk.
  assert (SN : nsum noise_square T <= INR T * G ^ 2) by (rewrite <- nsum_const; apply nsum_le, HG).
  assert (SS : nsum square T <= INR T * G ^ 2).
  { rewrite <- nsum_const. apply nsum_le; intros n Hn. eapply Rle_trans; [apply square_le_noise, Hn|apply HG, Hn]. }
  pose proof descent_sum as D.
  assert (B : kappa * nsum square T + (1 + kappa) * nsum noise_square T <= (1 + 2 * kappa) * (INR T * G ^ 2)).
  { apply Rmult_le_compat_l with (r := kappa) in SS; [|exact Hk].
    apply Rmult_le_compat_l with (r := 1 + kappa) in SN; [|lra]. lra. }
  apply Rmult_le_compat_l with (r := al ^ 2 * L / 2) in B.
  2:{ unfold Rdiv. apply Rmult_le_pos; [apply Rmult_le_pos; [apply pow2_ge_0|exact HL]|lra]. }
  unfold average, sum_1_to. simpl pred. change (nsum (fun n => square n) T) with (nsum square T).
  apply Rmult_le_reg_r with (al * INR T); [apply Rmult_lt_0_compat; assumption|].
  replace (nsum square T / INR T * (al * INR T)) with (al * nsum square T) by (field; lra).
  replace ((Delta / (al * INR T) + al * L * G ^ 2 / 2 * ((1 + b1) / (1 - b1))) * (al * INR T))
    with (Delta + al ^ 2 * L / 2 * ((1 + 2 * kappa) * (INR T * G ^ 2))).
  - lra.
  - replace (1 + 2 * kappa) with ((1 + b1) / (1 - b1)) by (unfold kappa; field; lra). field. lra.
Qed.

(** A4, unconditional *)
Lemma noise_split n sigma : (n < T)%nat ->
  expect (fun w => nrm2 (vsub (g P (Sn n) w) (grad n w))) <= sigma ^ 2 -> noise_square n <= square n + sigma ^ 2.
Proof.
  intros Hn Hv.
  assert (E : noise_square n = square n + expect (fun w => nrm2 (vsub (g P (Sn n) w) (grad n w)))); [|lra].
  assert (X : expect (fun w => dot (grad n w) (g P (Sn n) w)) = square n).
  { unfold square, Vector.dot, Vector.nrm2. rewrite !expect_sum. apply lsum_ext; intro i.
    assert (HM : measurable n (fun w => grad n w i))
      by exact (measurable_map n (fun s : (I -> R) * (I -> R) => nf P (fst s) i) _ (sgd_measurable n)).
    rewrite (expect_pull n _ _ HM). apply expect_ext; intro w. rewrite HU by exact Hn. ring. }
  unfold noise_square. replace (square n + _) with (expect (fun w => 2 * dot (grad n w) (g P (Sn n) w)
    + (-1 * nrm2 (grad n w) + nrm2 (vsub (g P (Sn n) w) (grad n w))))).
  - apply expect_ext; intro w. unfold Vector.dot, Vector.nrm2. rewrite <- !lsum_scal, <- !lsum_plus.
    apply lsum_ext; intro i. unfold vsub. ring.
  - rewrite !expect_plus, !expect_scal, X. fold (square n). ring.
Qed.

Theorem process_sgd_momentum_bounded_variance sigma :
  (forall n, (n < T)%nat -> expect (fun w => nrm2 (vsub (g P (Sn n) w) (grad n w))) <= sigma ^ 2) ->
  al * L * (1 + b1) <= 1 - b1 ->
  average (fun t => square (pred t)) T <= 2 * Delta / (al * INR T) + al * L * sigma ^ 2 / (1 - b1).
Proof.
  intros HV Hst. pose proof INR_pos as PT. pose proof (sm_L _ _ _ HS) as HL. pose proof kappa_nonneg as Hk.
  assert (SN : nsum noise_square T <= nsum square T + INR T * sigma ^ 2).
  { rewrite <- nsum_const, <- nsum_plus. apply nsum_le; intros n Hn. apply noise_split, HV; exact Hn. }
  assert (P0 : 0 <= nsum square T) by (apply nsum_nonneg; intros; apply expect_nonneg; intro; apply nrm2_nonneg).
  pose proof descent_sum as D.
  assert (Hc : 0 <= al ^ 2 * L / 2) by (unfold Rdiv; apply Rmult_le_pos; [apply Rmult_le_pos; [apply pow2_ge_0|exact HL]|lra]).
  assert (B : kappa * nsum square T + (1 + kappa) * nsum noise_square T
              <= (1 + 2 * kappa) * nsum square T + (1 + kappa) * (INR T * sigma ^ 2)).
  { apply Rmult_le_compat_l with (r := 1 + kappa) in SN; lra. }
  apply Rmult_le_compat_l with (r := al ^ 2 * L / 2) in B; [|exact Hc].
  assert (A : al ^ 2 * L / 2 * ((1 + 2 * kappa) * nsum square T) <= al / 2 * nsum square T).
  { replace (al ^ 2 * L / 2 * ((1 + 2 * kappa) * nsum square T)) with (al / 2 * nsum square T * (al * L * (1 + 2 * kappa))) by field.
    rewrite <- (Rmult_1_r (al / 2 * nsum square T)) at 2. apply Rmult_le_compat_l; [apply Rmult_le_pos; lra|].
    replace (1 + 2 * kappa) with ((1 + b1) * / (1 - b1)) by (unfold kappa; field; lra).
    rewrite <- Rmult_assoc. apply Rmult_le_reg_r with (1 - b1); [lra|]. rewrite Rmult_assoc, Rinv_l by lra. lra. }
  unfold average, sum_1_to. simpl pred. change (nsum (fun n => square n) T) with (nsum square T).
  apply Rmult_le_reg_r with (al / 2 * INR T); [apply Rmult_lt_0_compat; lra|].
  replace (nsum square T / INR T * (al / 2 * INR T)) with (al / 2 * nsum square T) by (field; lra).
  replace ((2 * Delta / (al * INR T) + al * L * sigma ^ 2 / (1 - b1)) * (al / 2 * INR T))
    with (Delta + al ^ 2 * L / 2 * ((1 + kappa) * (INR T * sigma ^ 2))).
  - lra.
  - rewrite one_plus_kappa. field. lra.
Qed.

End Process.

(** *** Textbook form *)
Section Textbook.
Context {D N : nat}.
Variables (Q : model D N) (L f_inf : R) (T : nat).
Hypothesis HQ : standing Q L f_inf.
Hypothesis HT : (1 <= T)%nat.
Notation Delta := (obj Q (start Q) - f_inf).
Notation paths := (path_space Q L f_inf T HQ).

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

Lemma iterate_local t xi xi' : (forall j, (j <= t)%nat -> xi j = xi' j) ->
  sgd_momentum_iterate al b1 t xi = sgd_momentum_iterate al b1 t xi'.
Proof.
  induction t as [|t IH]; intro H; [reflexivity|]. cbn [sgd_momentum_iterate].
  rewrite (IH (fun j Hj => H j (le_S _ _ Hj))), (H (S t) (le_n _)). reflexivity.
Qed.

Lemma iterate_measurable t : measurable t (X t : paths -> _).
Proof. intros w w' E. f_equal. apply iterate_local. intros j Hj. apply E. lia. Qed.

Lemma sgd_adapted : adapted P.
Proof.
  split; [intros w w' _; reflexivity|]. intros [|t] w w' E; simpl.
  - rewrite (E O) by lia. reflexivity.
  - pose proof (iterate_measurable t w w' (same_mono paths t (S t) w w' (Nat.le_succ_diag_r t) E)) as M. cbv beta in M.
    rewrite M, (E (S t)) by lia. reflexivity.
Qed.

Lemma sgd_unbiased : unbiased_oracle Q -> forall n, (n < T)%nat -> forall i w,
  cond (s := paths) n (fun w => g P (S n) w i) w = nf P (fst (sgd P al b1 n w)) i.
Proof.
  intros HU n Hn i w. rewrite sgd_iterates. simpl.
  refine (eq_trans (cond_next (fins N) (fun _ => prob Q) T _ _ n (fun w k => oracle Q (X n w) k i) w Hn _) (HU _ i)).
  intros k. exact (measurable_map n (fun x => oracle Q x k i) _ (iterate_measurable n)).
Qed.

Lemma square_eq t : square P al b1 (pred t) = square_measure X t.
Proof.
  unfold square, square_measure. apply (expect_ext (S := paths)); intro w. rewrite sgd_iterates. symmetry. apply norm_sq.
Qed.

Lemma start_value : expect (s := paths) (fun w => f P (theta0 P w)) = obj Q (start Q).
Proof. exact (expect_const (S := paths) (obj Q (start Q))). Qed.

(** A1, A2, A3, A5. *)
Theorem spec_sgd_momentum G : unbiased_oracle Q -> second_moment_of_steps X G -> 0 < al -> 0 <= b1 < 1 ->
  average (square_measure X) T <= Delta / (al * INR T) + al * L * G ^ 2 / 2 * ((1 + b1) / (1 - b1)).
Proof.
  intros HU HG Ha Hb.
  pose proof (process_sgd_momentum P L f_inf al b1 T (driven_smooth Q L f_inf T HQ X) sgd_adapted Ha Hb HT (sgd_unbiased HU) G) as B.
  rewrite start_value in B. unfold average, sum_1_to in *. rewrite (nsum_ext (fun n => square_measure X (S n)) (fun n => square P al b1 n)).
  - apply B. intros n Hn. eapply Rle_trans; [|apply (HG (S n)); lia]. right. apply (expect_ext (S := paths)); intro w.
    symmetry. apply norm_sq.
  - intros n _. symmetry. exact (square_eq (S n)).
Qed.

(** A1 to A4, no A5. *)
Theorem spec_sgd_momentum_bounded_variance sigma : unbiased_oracle Q -> variance_of_steps X sigma ->
  0 < al -> 0 <= b1 < 1 -> al * L * (1 + b1) <= 1 - b1 ->
  average (square_measure X) T <= 2 * Delta / (al * INR T) + al * L * sigma ^ 2 / (1 - b1).
Proof.
  intros HU HV Ha Hb Hst.
  pose proof (process_sgd_momentum_bounded_variance P L f_inf al b1 T (driven_smooth Q L f_inf T HQ X) sgd_adapted Ha Hb HT
    (sgd_unbiased HU) sigma) as B.
  rewrite start_value in B. unfold average, sum_1_to in *. rewrite (nsum_ext (fun n => square_measure X (S n)) (fun n => square P al b1 n)).
  - apply B; [|exact Hst]. intros n Hn. eapply Rle_trans; [|apply (HV n); lia]. right. apply (expect_ext (S := paths)); intro w.
    rewrite sgd_iterates. symmetry. apply norm_sq.
  - intros n _. symmetry. exact (square_eq (S n)).
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
