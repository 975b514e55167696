(** The textbook setting: an objective on R^D, an oracle that sees one of N noise
    symbols per step, iterates as functions of the noise sequence, expectations
    as sums over all noise paths.  Nothing here depends on the proofs. *)
From Coq Require Import Reals Lra Psatz List FinFun.
From Coq Require Vectors.Fin.
From ADOPT Require Import FiniteSum Vector Holder Space Paths Adopt ConstantStep.
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

Notation vec D := (Fin.t D -> R).

Record model (D N : nat) := Model {
  obj : vec D -> R;
  grad : vec D -> vec D;
  prob : Fin.t N -> R;
  oracle : vec D -> Fin.t N -> vec D;
  start : vec D }.
Arguments obj {D N}. Arguments grad {D N}. Arguments prob {D N}. Arguments oracle {D N}. Arguments start {D N}.

(** The symbols' weights are a probability; f has the Frechet gradient [grad];
    A1 (f >= f_inf), A2 (unbiased oracle), A3 (L-smooth). *)
Record standing {D N} (Q : model D N) (L f_inf : R) : Prop := Standing {
  weights_nonneg : forall k, 0 <= prob Q k;
  weights_sum : lsum (fins N) (prob Q) = 1;
  frechet : is_frechet_gradient (fins D) (obj Q) (grad Q);
  lower_bounded : forall x, f_inf <= obj Q x;
  unbiased_oracle : forall x i, lsum (fins N) (fun k => prob Q k * oracle Q x k i) = grad Q x i;
  L_nonneg : 0 <= L;
  smooth_L : lipschitz (fins D) L (grad Q) }.

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
(** A4 at the start and along the iterates. *)
Definition bounded_variance (sigma : R) : Prop :=
  lsum (fins N) (fun k => prob Q k * norm (fins D) (vsub (oracle Q (start Q) k) (grad Q (start Q))) ^ 2) <= sigma ^ 2 /\
  forall t, (t < T)%nat -> forall xi,
  lsum (fins N) (fun k => prob Q k * norm (fins D) (vsub (oracle Q (X t xi) k) (grad Q (X t xi))) ^ 2) <= sigma ^ 2.
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

Lemma driven_unbiased : unbiased M P T.
Proof.
  intros n Hn i w. unfold gradient. rewrite theta_eq. simpl.
  change (cond (s := path_space) n (fun w => oracle Q (X n w) (w (S n)) i) w = grad Q (X n w) i).
  rewrite (cond_oracle n (fun x k => oracle Q x k i) w Hn). apply (unbiased_oracle _ _ _ HQ).
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

Lemma measure_eq t : criterion M P t = measure Q X T t.
Proof.
  unfold criterion, measure. f_equal. apply (expect_ext (S := path_space)); intro w.
  unfold gradient. rewrite theta_eq. reflexivity.
Qed.

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
