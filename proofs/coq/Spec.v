(** The textbook setting: an objective on R^D, an oracle that sees one of N noise
    symbols per step, iterates as functions of the noise sequence, expectations
    as sums over all noise paths.  Nothing here depends on the proofs. *)
From Coq Require Import Reals Lra Psatz List FinFun.
From Coq Require Vectors.Fin.
From ADOPT Require Import FiniteSum Vector Holder Space Paths Adopt ConstantStep Clipping Bias BoundedVariance PolyakLojasiewicz.
Import ListNotations.
Open Scope R_scope.

(** All elements of [Fin.t n]. *)
Fixpoint fins (n : nat) : list (Fin.t n) :=
  match n with
  | O => []
  | S n' => Fin.F1 :: map Fin.FS (fins n')
  end.

Lemma fins_all n (i : Fin.t n) : In i (fins n).
Proof. induction i; simpl; [left; reflexivity|right; apply in_map; assumption]. Qed.

Lemma fins_nodup n : NoDup (fins n).
Proof.
  induction n as [|n IH]; simpl; constructor.
  - intro H. apply in_map_iff in H. destruct H as [x [Hx _]]. discriminate.
  - apply Injective_map_NoDup; [|exact IH]. intros x y; apply Fin.FS_inj.
Qed.

Lemma length_fins n : length (fins n) = n.
Proof. induction n as [|n IH]; simpl; [reflexivity|]. rewrite map_length, IH. reflexivity. Qed.

Notation vec D := (Fin.t D -> R).

Record model (D N : nat) := Model {
  obj : vec D -> R;
  grad : vec D -> vec D;
  prob : Fin.t N -> R;
  oracle : vec D -> Fin.t N -> vec D;
  start : vec D }.
Arguments obj {D N}. Arguments grad {D N}. Arguments prob {D N}. Arguments oracle {D N}. Arguments start {D N}.

(** The symbols' weights are a probability; f has the Frechet gradient [grad];
    A1 (f >= f_inf) and A3 (L-smooth). *)
Record standing {D N} (Q : model D N) (L f_inf : R) : Prop := Standing {
  weights_nonneg : forall k, 0 <= prob Q k;
  weights_sum : lsum (fins N) (prob Q) = 1;
  frechet : is_frechet_gradient (fins D) (obj Q) (grad Q);
  lower_bounded : forall x, f_inf <= obj Q x;
  L_nonneg : 0 <= L;
  smooth_L : lipschitz (fins D) L (grad Q) }.

(** A2 *)
Definition unbiased_oracle {D N} (Q : model D N) : Prop :=
  forall x i, lsum (fins N) (fun k => prob Q k * oracle Q x k i) = grad Q x i.
(** N6 in place of A2: the mean of the oracle is within delta of the gradient. *)
Definition biased_oracle {D N} (Q : model D N) (delta : R) : Prop :=
  forall x, norm (fins D) (vsub (fun i => lsum (fins N) (fun k => prob Q k * oracle Q x k i)) (grad Q x)) <= delta.

Record parameters (b1 b2 e : R) : Prop := Ranges {
  b1_range : 0 <= b1 < 1; b2_range : 0 <= b2 <= 1; e_pos : 0 < e }.

Section Iterates.
Context {D N : nat}.
Variable Q : model D N.

(** E F(xi_0, ..., xi_T). *)
Definition Expect (T : nat) (F : (nat -> Fin.t N) -> R) : R := path_expect (fins N) (fun _ => prob Q) T F.

(** (theta_t, m_t, v_t): ADOPT in Algorithm 2's form. *)
Fixpoint adopt_iterate (al : nat -> R) (b1 b2 e : R) (t : nat) (xi : nat -> Fin.t N) : vec D * vec D * vec D :=
  match t with
  | O => (start Q, (fun _ => 0), (fun i => oracle Q (start Q) (xi O) i ^ 2))
  | S t' =>
      let '(theta, m, v) := adopt_iterate al b1 b2 e t' xi in
      let gt := oracle Q theta (xi t) in
      let m' := fun i => b1 * m i + (1 - b1) * (gt i / Rmax (sqrt (v i)) e) in
      (fun i => theta i - al t * m' i, m', fun i => b2 * v i + (1 - b2) * gt i ^ 2)
  end.

(** Algorithm 1's start: m_1 = g_1 / s_0. *)
Fixpoint algorithm_1_iterate (al : nat -> R) (b1 b2 e : R) (t : nat) (xi : nat -> Fin.t N) : vec D * vec D * vec D :=
  match t with
  | O => (start Q, (fun _ => 0), (fun i => oracle Q (start Q) (xi O) i ^ 2))
  | S t' =>
      let '(theta, m, v) := algorithm_1_iterate al b1 b2 e t' xi in
      let gt := oracle Q theta (xi t) in
      let a := fun i => gt i / Rmax (sqrt (v i)) e in
      let m' := match t' with O => a | _ => fun i => b1 * m i + (1 - b1) * a i end in
      (fun i => theta i - al t * m' i, m', fun i => b2 * v i + (1 - b2) * gt i ^ 2)
  end.

(** Clipped ADOPT: a_t is cut to [-c_t, c_t] coordinate by coordinate. *)
Fixpoint clipped_iterate (c al : nat -> R) (b1 b2 e : R) (t : nat) (xi : nat -> Fin.t N) : vec D * vec D * vec D :=
  match t with
  | O => (start Q, (fun _ => 0), (fun i => oracle Q (start Q) (xi O) i ^ 2))
  | S t' =>
      let '(theta, m, v) := clipped_iterate c al b1 b2 e t' xi in
      let gt := oracle Q theta (xi t) in
      let m' := fun i => b1 * m i + (1 - b1) * Rmax (- c t) (Rmin (c t) (gt i / Rmax (sqrt (v i)) e)) in
      (fun i => theta i - al t * m' i, m', fun i => b2 * v i + (1 - b2) * gt i ^ 2)
  end.

(** RMSprop with the normaliser of the previous step (its momentum is the direction itself). *)
Fixpoint rmsprop_decorrelated_iterate (al : nat -> R) (b2 e : R) (t : nat) (xi : nat -> Fin.t N) : vec D * vec D * vec D :=
  match t with
  | O => (start Q, (fun _ => 0), (fun i => oracle Q (start Q) (xi O) i ^ 2))
  | S t' =>
      let '(theta, _, v) := rmsprop_decorrelated_iterate al b2 e t' xi in
      let gt := oracle Q theta (xi t) in
      let a := fun i => gt i / Rmax (sqrt (v i)) e in
      (fun i => theta i - al t * a i, a, fun i => b2 * v i + (1 - b2) * gt i ^ 2)
  end.

(** Quantities along the parameters X_0, X_1, ... of any of these. *)
Section Along.
Variables (X : nat -> (nat -> Fin.t N) -> vec D) (T : nat).

Definition stochastic_gradient (t : nat) (xi : nat -> Fin.t N) : vec D :=
  match t with O => oracle Q (start Q) (xi O) | S t' => oracle Q (X t' xi) (xi t) end.

(** M_t^(3/2) = (E ||grad f(theta_(t-1))||^(4/3))^(3/2), 1 <= t <= T *)
Definition measure (t : nat) : R :=
  rpow (Expect T (fun xi => rpow (norm (fins D) (grad Q (X (pred t) xi))) (4 / 3))) (3 / 2).

(** A5 along the iterates, unconditional and given the past. *)
Definition second_moment (G : R) : Prop := forall t, (t <= T)%nat ->
  Expect T (fun xi => norm (fins D) (stochastic_gradient t xi) ^ 2) <= G ^ 2.
Definition conditional_second_moment (G : R) : Prop :=
  lsum (fins N) (fun k => prob Q k * norm (fins D) (oracle Q (start Q) k) ^ 2) <= G ^ 2 /\
  forall t, (t < T)%nat -> forall xi,
  lsum (fins N) (fun k => prob Q k * norm (fins D) (oracle Q (X t xi) k) ^ 2) <= G ^ 2.
(** A4 at a point, then at the start and along the iterates. *)
Definition variance_at (x : vec D) (i : Fin.t D) : R :=
  lsum (fins N) (fun k => prob Q k * (oracle Q x k i - grad Q x i) ^ 2).
Definition bounded_variance (sigma : R) : Prop :=
  lsum (fins D) (variance_at (start Q)) <= sigma ^ 2 /\
  forall t, (t < T)%nat -> forall xi, lsum (fins D) (variance_at (X t xi)) <= sigma ^ 2.
(** N2, coordinate by coordinate. *)
Definition affine_bounded_variance (sigma r : R) : Prop :=
  exists u, lsum (fins D) u <= sigma ^ 2 /\ (forall i, 0 <= u i) /\
  (forall i, variance_at (start Q) i <= u i + r * grad Q (start Q) i ^ 2) /\
  forall t, (t < T)%nat -> forall xi i, variance_at (X t xi) i <= u i + r * grad Q (X t xi) i ^ 2.
(** N2, in norm. *)
Definition normwise_bounded_variance (sigma r : R) : Prop :=
  lsum (fins D) (variance_at (start Q)) <= sigma ^ 2 + r * norm (fins D) (grad Q (start Q)) ^ 2 /\
  forall t, (t < T)%nat -> forall xi,
  lsum (fins D) (variance_at (X t xi)) <= sigma ^ 2 + r * norm (fins D) (grad Q (X t xi)) ^ 2.
(** A6 along the iterates, and the Polyak-Lojasiewicz inequality there. *)
Definition bounded_gradients (G : R) : Prop := forall t, (t <= T)%nat -> forall xi,
  norm (fins D) (stochastic_gradient t xi) <= G.
Definition polyak_lojasiewicz (mu f_inf : R) : Prop := forall t, (t < T)%nat -> forall xi,
  2 * mu * (obj Q (X t xi) - f_inf) <= norm (fins D) (grad Q (X t xi)) ^ 2.
(** (E (f(theta_(t-1)) - f_inf)^(2/3))^(3/2) *)
Definition value_measure (f_inf : R) (t : nat) : R :=
  rpow (Expect T (fun xi => rpow (obj Q (X (pred t) xi) - f_inf) (2 / 3))) (3 / 2).
End Along.

Definition theta_of (it : nat -> (nat -> Fin.t N) -> vec D * vec D * vec D) (t : nat) (xi : nat -> Fin.t N) : vec D :=
  fst (fst (it t xi)).

End Iterates.

(** *** From the textbook setting to the space of paths *)
Section Bridge.
Context {D N : nat}.
Variables (Q : model D N) (L f_inf : R) (T : nat).
Hypothesis HQ : standing Q L f_inf.

Definition path_space : space :=
  paths (fins N) (fun _ => prob Q) T (fun _ => weights_nonneg Q L f_inf HQ) (fun _ => weights_sum Q L f_inf HQ).

Definition driven (X : nat -> path_space -> vec D) : problem path_space (Fin.t D) :=
  Problem (S := path_space) (fins D) (obj Q) (grad Q) (fun _ => start Q) (stochastic_gradient Q X).

Definition untuple (x : vec D * vec D * vec D) : state (Fin.t D) := mk (fst (fst x)) (snd (fst x)) (snd x).

Lemma driven_smooth X : smooth (driven X) L f_inf.
Proof. destruct HQ. split; simpl; try assumption. apply frechet_gradient; assumption. Qed.

Lemma initial_value X : expect (fun w => f (driven X) (theta0 (driven X) w)) = obj Q (start Q).
Proof. exact (expect_const (S := path_space) (obj Q (start Q))). Qed.

(** [it] computes the iterates of the method [M]. *)
Section Method.
Variables (M : method) (it : nat -> (nat -> Fin.t N) -> vec D * vec D * vec D).
Notation X := (theta_of it).
Notation P := (driven X).
Hypothesis same_iterates : forall t xi, adopt M P t xi = untuple (it t xi).

Lemma theta_eq t xi : theta M P t xi = X t xi.
Proof. unfold theta. rewrite same_iterates. reflexivity. Qed.

Lemma it_local t xi xi' : (forall j, (j <= t)%nat -> xi j = xi' j) -> adopt M P t xi = adopt M P t xi'.
Proof.
  induction t as [|t IH]; intro H.
  - simpl. rewrite (H O) by lia. reflexivity.
  - assert (E : adopt M P t xi = adopt M P t xi') by (apply IH; intros; apply H; lia).
    assert (E2 : g P (S t) xi = g P (S t) xi').
    { simpl. rewrite <- !theta_eq. unfold theta. rewrite E, (H (S t)) by lia. reflexivity. }
    cbn [adopt]. rewrite E, E2. reflexivity.
Qed.

Lemma theta_measurable t : measurable t (X t : path_space -> _).
Proof.
  intros w w' E. rewrite <- !theta_eq. unfold theta. rewrite (it_local t w w'); [reflexivity|].
  intros j Hj. apply E. lia.
Qed.

Lemma driven_adapted : adapted P.
Proof.
  split; [intros w w' _; reflexivity|]. intros [|t] w w' E; simpl.
  - rewrite (E O) by lia. reflexivity.
  - rewrite (theta_measurable t w w' (same_mono path_space t (S t) w w' (Nat.le_succ_diag_r t) E)).
    rewrite (E (S t)) by lia. reflexivity.
Qed.

(** E[h(theta_t, xi_(t+1)) | F_t] *)
Lemma cond_oracle t (h : vec D -> Fin.t N -> R) w : (t < T)%nat ->
  cond (s := path_space) t (fun w => h (X t w) (w (S t))) w = lsum (fins N) (fun k => prob Q k * h (X t w) k).
Proof.
  intro Ht. refine (cond_next (fins N) (fun _ => prob Q) T _ _ t (fun w k => h (X t w) k) w Ht _).
  intros k. exact (measurable_map t (fun x => h x k) _ (theta_measurable t)).
Qed.

Lemma driven_unbiased : unbiased_oracle Q -> unbiased M P T.
Proof.
  intros HU n Hn i w. unfold gradient. rewrite theta_eq. simpl.
  change (cond (s := path_space) n (fun w => oracle Q (X n w) (w (S n)) i) w = grad Q (X n w) i).
  rewrite (cond_oracle n (fun x k => oracle Q x k i) w Hn). apply HU.
Qed.

Lemma driven_biased delta : biased_oracle Q delta -> biased M P T delta.
Proof.
  intros HB n Hn w. rewrite <- norm_sq. apply pow_incr. split; [apply norm_nonneg|].
  eapply Rle_trans; [|apply (HB (X n w))]. right. f_equal.
  apply FunctionalExtensionality.functional_extensionality; intro i. unfold vsub, gradient. rewrite theta_eq. f_equal.
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
    refine (eq_trans (expect_first (fins N) (fun _ => prob Q) T _ _ (fun k => nrm2 (fins D) (oracle Q (start Q) k))) _).
    apply lsum_ext; intro k. rewrite norm_sq. reflexivity.
  - rewrite <- (expect_cond path_space n). rewrite <- (expect_const (S := path_space) (G ^ 2)).
    apply expect_le; intro w. apply (driven_conditional G H). lia.
Qed.

Lemma expect_start (h : Fin.t N -> R) :
  expect (s := path_space) (fun w => h (w O)) = lsum (fins N) (fun k => prob Q k * h k).
Proof. apply (expect_first (fins N) (fun _ => prob Q) T). Qed.

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
  { etransitivity; [exact (expect_start (fun k => nrm2 (fins D) (oracle Q (start Q) k)))|].
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
  apply FunctionalExtensionality.functional_extensionality; intro t. unfold value_criterion, value_measure. f_equal.
  apply (expect_ext (S := path_space)); intro w. rewrite theta_eq. reflexivity.
Qed.

Lemma driven_pl mu : polyak_lojasiewicz Q X T mu f_inf -> pl M P f_inf mu T.
Proof. intros H n Hn w. unfold gradient. rewrite theta_eq. rewrite <- norm_sq. apply (H n Hn w). Qed.

Lemma driven_bounded G : bounded_gradients Q X T G -> forall t, (t <= T)%nat -> forall w, nrm2 (idx P) (g P t w) <= G ^ 2.
Proof. intros H t Ht w. rewrite <- norm_sq. apply pow_incr. split; [apply norm_nonneg|apply (H t Ht w)]. Qed.

Lemma min_measure : min_1_to (criterion M P) T = min_1_to (measure Q X T) T.
Proof. f_equal. apply FunctionalExtensionality.functional_extensionality, measure_eq. Qed.

Lemma average_measure : average (criterion M P) T = average (measure Q X T) T.
Proof. f_equal. apply FunctionalExtensionality.functional_extensionality, measure_eq. Qed.

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
  - unfold untuple. simpl. f_equal; apply FunctionalExtensionality.functional_extensionality; intro i; unfold den; simpl; ring.
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
  destruct t; cbn; f_equal; apply FunctionalExtensionality.functional_extensionality; intro i; unfold den; cbn; ring.
Qed.

End Bridge.

Arguments theta_of {D N}.

(** A5 given the past implies A5. *)
Lemma conditional_second_moment_second_moment {D N} (Q : model D N) L f_inf T M it G :
  forall HQ : standing Q L f_inf,
  (forall t xi, adopt M (driven Q L f_inf T HQ (theta_of it)) t xi = untuple (it t xi)) ->
  conditional_second_moment Q (theta_of it) T G -> second_moment Q (theta_of it) T G.
Proof.
  intros HQ E H t Ht. pose proof (conditional_unconditional Q L f_inf T HQ M it E G H t Ht) as B.
  eapply Rle_trans; [|exact B]. right. apply (expect_ext (S := path_space Q L f_inf T HQ)); intro w. apply norm_sq.
Qed.
