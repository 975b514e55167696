(** The bridge of [Iterates.v] for ADOPT and its variants ([adopt] of Adopt.v): each
    assumption of the textbook setting gives the one that the proofs use. *)
From Coq Require Import Reals Lra Psatz List FunctionalExtensionality.
From Coq Require Vectors.Fin.
From ADOPT Require Import FiniteSum Vector Holder Space Paths Adopt ConstantStep Clipping Bias BoundedVariance.
From ADOPT Require Import PolyakLojasiewicz Spec Iterates.
Open Scope R_scope.

Section Bridge.
Context {D N : nat}.
Variables (Q : model D N) (L f_inf : R) (T : nat).
Hypothesis HQ : standing Q L f_inf.

Notation path_space := (path_space Q L f_inf T HQ).
Notation driven := (driven Q L f_inf T HQ).

Definition untuple (x : vec D * vec D * vec D) : state (Fin.t D) := mk (fst (fst x)) (snd (fst x)) (snd x).

(** [it] computes the iterates of the method [M]. *)
Section Method.
Variables (M : method) (it : nat -> (nat -> Fin.t N) -> vec D * vec D * vec D).
Notation X := (theta_of it).
Notation P := (driven X).
Hypothesis same_iterates : forall t xi, adopt M P t xi = untuple (it t xi).

Lemma theta_eq t xi : theta M P t xi = X t xi.
Proof. unfold theta. rewrite same_iterates. reflexivity. Qed.

Lemma theta_measurable t : measurable (S := path_space) t (X t).
Proof.
  intros w w' Ew. rewrite <- !theta_eq. revert w w' Ew.
  apply (iterates_measurable Q L f_inf T HQ (adopt M P) th); [intros xi xi' E; simpl; rewrite E; reflexivity|].
  intros n xi xi' E1 E2.
  assert (G : g P (S n) xi = g P (S n) xi') by (simpl; rewrite <- !theta_eq; unfold theta; rewrite E1, E2; reflexivity).
  cbn [adopt]. rewrite E1, G. reflexivity.
Qed.

Definition driven_adapted : adapted P := iterates_adapted Q L f_inf T HQ X theta_measurable.
Definition cond_oracle := iterates_cond Q L f_inf T HQ X theta_measurable.

Lemma driven_unbiased : unbiased_oracle Q -> unbiased M P T.
Proof.
  intros HU n Hn i w. unfold gradient. rewrite theta_eq.
  exact (iterates_unbiased Q L f_inf T HQ X theta_measurable HU n Hn i w).
Qed.

Lemma driven_biased delta : biased_oracle Q delta -> biased M P T delta.
Proof.
  intros HB n Hn w. rewrite <- norm_sq. apply pow_incr. split; [apply norm_nonneg|].
  eapply Rle_trans; [|apply (HB (X n w))]. right. f_equal.
  apply functional_extensionality; intro i. unfold vsub, gradient. rewrite theta_eq. f_equal.
  exact (cond_oracle n (fun x k => oracle Q x k i) w Hn).
Qed.

Lemma driven_second_moment G : second_moment Q X T G -> bounded_second_moment P T G.
Proof.
  intros H t Ht. eapply Rle_trans; [|apply (H t Ht)]. right. apply (expect_ext (S := path_space)); intro w.
  symmetry. apply norm_sq.
Qed.

Lemma driven_conditional G : conditional_second_moment Q X T G -> bounded_conditional_second_moment P T G.
Proof.
  intros [_ H] n Hn w. eapply Rle_trans; [|apply (H n Hn w)]. right. simpl.
  change (cond (s := path_space) n (fun w => nrm2 (fins D) (oracle Q (X n w) (w (S n)))) w
    = lsum (fins N) (fun k => prob Q k * norm (fins D) (oracle Q (X n w) k) ^ 2)).
  rewrite (cond_oracle n (fun x k => nrm2 (fins D) (oracle Q x k)) w Hn).
  apply lsum_ext; intro k. rewrite norm_sq. reflexivity.
Qed.

Lemma conditional_unconditional G : conditional_second_moment Q X T G -> bounded_second_moment P T G.
Proof.
  intros H [|n] Hn.
  - eapply Rle_trans; [|apply (proj1 H)]. right.
    refine (eq_trans (expect_start Q L f_inf T HQ (fun k => nrm2 (fins D) (oracle Q (start Q) k))) _).
    apply lsum_ext; intro k. rewrite norm_sq. reflexivity.
  - rewrite <- (expect_cond path_space n). rewrite <- (expect_const (S := path_space) (G ^ 2)).
    apply expect_le; intro w. apply (driven_conditional G H). lia.
Qed.

Lemma measure_eq t : criterion M P t = measure Q X T t.
Proof.
  unfold criterion, measure. f_equal. apply (expect_ext (S := path_space)); intro w.
  unfold gradient. rewrite theta_eq. reflexivity.
Qed.

Lemma variance_eq n w i : (n < T)%nat -> variance M P n w i = variance_at Q (X n w) i.
Proof.
  intro Hn. unfold variance.
  rewrite (cond_ext (S := path_space) n _ (fun w : path_space => (oracle Q (X n w) (w (S n)) i - grad Q (X n w) i) ^ 2)).
  - exact (cond_oracle n (fun x k => (oracle Q x k i - grad Q x i) ^ 2) w Hn).
  - intro w'. unfold gradient. rewrite theta_eq. reflexivity.
Qed.

Lemma start_split r : unbiased_oracle Q ->
  forall sigma u, lsum (fins D) u <= sigma ^ 2 -> (forall i, variance_at Q (start Q) i <= u i + r * grad Q (start Q) i ^ 2) ->
  expect (fun w => nrm2 (idx P) (g P O w)) <= sigma ^ 2 + (1 + r) * expect (fun w => nrm2 (idx P) (gradient M P O w)).
Proof.
  intros HU sigma u Hu Hi.
  assert (E0 : expect (fun w => nrm2 (idx P) (gradient M P O w)) = nrm2 (fins D) (grad Q (start Q)))
    by exact (expect_const (S := path_space) (nrm2 (fins D) (grad Q (start Q)))).
  rewrite E0.
  assert (E : expect (fun w => nrm2 (idx P) (g P O w))
              = lsum (fins D) (fun i => variance_at Q (start Q) i + grad Q (start Q) i ^ 2)).
  { etransitivity; [exact (expect_start Q L f_inf T HQ (fun k => nrm2 (fins D) (oracle Q (start Q) k)))|].
    transitivity (lsum (fins D) (fun i => lsum (fins N) (fun k => prob Q k * oracle Q (start Q) k i ^ 2))).
    - rewrite lsum_swap. apply lsum_ext; intro k. rewrite lsum_scal. reflexivity.
    - apply lsum_ext; intro i. unfold variance_at. set (x := grad Q (start Q) i).
      rewrite (lsum_ext (fins N) (fun k => prob Q k * (oracle Q (start Q) k i - x) ^ 2)
        (fun k => prob Q k * oracle Q (start Q) k i ^ 2
                  + (-2 * x * (prob Q k * oracle Q (start Q) k i) + x ^ 2 * prob Q k))) by (intro; ring).
      rewrite !lsum_plus, !lsum_scal, HU, (weights_sum _ _ _ HQ). unfold x. ring. }
  rewrite E. unfold nrm2.
  apply Rle_trans with (lsum (fins D) (fun i => u i + (1 + r) * grad Q (start Q) i ^ 2)).
  - apply lsum_le; intro i. pose proof (Hi i). lra.
  - rewrite lsum_plus, lsum_scal. lra.
Qed.

Lemma value_measure_eq : value_criterion M P f_inf = value_measure Q X T f_inf.
Proof.
  apply functional_extensionality; intro t. unfold value_criterion, value_measure. f_equal.
  apply (expect_ext (S := path_space)); intro w. rewrite theta_eq. reflexivity.
Qed.

Lemma driven_pl mu : polyak_lojasiewicz Q X T mu f_inf -> pl M P f_inf mu T.
Proof. intros H n Hn w. unfold gradient. rewrite theta_eq. rewrite <- norm_sq. apply (H n Hn w). Qed.

Lemma driven_bounded G : bounded_gradients Q X T G -> forall t, (t <= T)%nat -> forall w, nrm2 (idx P) (g P t w) <= G ^ 2.
Proof. intros H t Ht w. rewrite <- norm_sq. apply pow_incr. split; [apply norm_nonneg|apply (H t Ht w)]. Qed.

Lemma min_measure : min_1_to (criterion M P) T = min_1_to (measure Q X T) T.
Proof. f_equal. apply functional_extensionality, measure_eq. Qed.

Lemma average_measure : average (criterion M P) T = average (measure Q X T) T.
Proof. f_equal. apply functional_extensionality, measure_eq. Qed.

End Method.

Lemma adopt_iterates al b1 b2 e t xi :
  adopt (adopt_method al b1 b2 e) (driven (theta_of (adopt_iterate Q al b1 b2 e))) t xi
  = untuple (adopt_iterate Q al b1 b2 e t xi).
Proof.
  induction t as [|t IH]; [reflexivity|]. cbn [adopt]. rewrite IH. cbn [adopt_iterate driven g stochastic_gradient].
  unfold theta_of. destruct (adopt_iterate Q al b1 b2 e t xi) as [[x m] v]. destruct t; reflexivity.
Qed.

Lemma algorithm_1_iterates al b1 b2 e t xi :
  adopt (algorithm_1 al b1 b2 e) (driven (theta_of (algorithm_1_iterate Q al b1 b2 e))) t xi
  = untuple (algorithm_1_iterate Q al b1 b2 e t xi).
Proof.
  induction t as [|t IH]; [reflexivity|]. cbn [adopt]. rewrite IH.
  cbn [algorithm_1_iterate driven g stochastic_gradient]. unfold theta_of.
  destruct t as [|t].
  - unfold untuple. simpl. f_equal; apply functional_extensionality; intro i; unfold den; simpl; ring.
  - destruct (algorithm_1_iterate Q al b1 b2 e (S t) xi) as [[x m] v]. reflexivity.
Qed.

Lemma clipped_iterates c al b1 b2 e t xi :
  adopt (clipped_method c al b1 b2 e) (driven (theta_of (clipped_iterate Q c al b1 b2 e))) t xi
  = untuple (clipped_iterate Q c al b1 b2 e t xi).
Proof.
  induction t as [|t IH]; [reflexivity|]. cbn [adopt]. rewrite IH. cbn [clipped_iterate driven g stochastic_gradient].
  unfold theta_of. destruct (clipped_iterate Q c al b1 b2 e t xi) as [[x m] v]. destruct t; reflexivity.
Qed.

Lemma rmsprop_iterates al b2 e t xi :
  adopt (adopt_method al 0 b2 e) (driven (theta_of (rmsprop_decorrelated_iterate Q al b2 e))) t xi
  = untuple (rmsprop_decorrelated_iterate Q al b2 e t xi).
Proof.
  induction t as [|t IH]; [reflexivity|]. cbn [adopt]. rewrite IH.
  cbn [rmsprop_decorrelated_iterate driven g stochastic_gradient].
  unfold theta_of. destruct (rmsprop_decorrelated_iterate Q al b2 e t xi) as [[x m] v]. unfold untuple.
  destruct t; cbn; f_equal; apply functional_extensionality; intro i; unfold den; cbn; ring.
Qed.

End Bridge.

(** A5 given the past implies A5. *)
Lemma conditional_second_moment_second_moment {D N} (Q : model D N) L f_inf T M it G :
  forall HQ : standing Q L f_inf,
  (forall t xi, adopt M (driven Q L f_inf T HQ (theta_of it)) t xi = untuple (it t xi)) ->
  conditional_second_moment Q (theta_of it) T G -> second_moment Q (theta_of it) T G.
Proof.
  intros HQ E H t Ht. pose proof (conditional_unconditional Q L f_inf T HQ M it E G H t Ht) as B.
  eapply Rle_trans; [|exact B]. right. apply (expect_ext (S := path_space Q L f_inf T HQ)); intro w. apply norm_sq.
Qed.
