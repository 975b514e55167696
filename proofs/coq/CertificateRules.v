(** The rules of a certificate, continued: induction, definitions, the objective, expectation, sums.  See [Certificate.v]. *)
From Coq Require Import Reals ZArith Lra Lia List Bool FunctionalExtensionality.
From ADOPT Require Import FiniteSum Vector Holder Space CertificateTerms CertificateNormalForm Certificate.
From ADOPT Require Rules.
Import ListNotations.
Open Scope R_scope.

(** The atom at a time. *)
Definition atom_at (timed : bool) (x : nat) (u : time) : expr := if timed then Atom x u else Param x.

(** A Lipschitz constant is not negative, where there is a coordinate. *)
Lemma lipschitz_nonneg {I} (idx : list I) L nf : idx <> [] -> Vector.lipschitz idx L nf -> 0 <= L.
Proof.
  intros Hidx H. pose proof (H (fun _ => 1) (fun _ => 0)) as A.
  assert (P : 0 < norm idx (vsub (fun _ : I => 1) (fun _ => 0))).
  { apply sqrt_lt_R0. destruct idx as [|i l]; [contradiction|]. unfold nrm2, vsub. cbn [lsum].
    pose proof (lsum_nonneg l (fun _ => (1 - 0) ^ 2) (fun _ _ => pow2_ge_0 _)). lra. }
  pose proof (norm_nonneg idx (vsub (nf (fun _ => 1)) (nf (fun _ => 0)))).
  destruct (Rle_dec 0 L) as [|N]; [assumption|exfalso]. nra.
Qed.

Section Steps.
Context {S : space} {I : Type}.
Variables (idx : list I) (T : nat) (value : nat -> nat -> I -> S -> R).
Hypothesis T_pos : (1 <= T)%nat.
Variable table : list atom.
Hypothesis ok : fits_all value table.
Notation denote := (denote idx T value).
Notation holds := (Rules.holds idx T).
Notation valid := (valid idx T value).
Notation concludes := (concludes table).
Notation states := (states table).

Let conclude lo b r e j (H : holds lo b r (denote e)) (C : concludes lo b r e j = true) : valid j :=
  concludes_sound idx T value T_pos table ok lo b r e j H C.
Let stated lo b r e p (H : valid p) (C : states lo b r e p = true) : holds lo b r (denote e) :=
  states_sound idx T value T_pos table ok lo b r e p H C.
Let substituted u t (E : exact_shift T t u) e i w : denote (subst u e) t i w = denote e (moment T t u) i w :=
  subst_sound idx T value T_pos u t E e i w.

Lemma exact_sound lo u t : exact lo u = true -> (lo <= t)%nat -> exact_shift T t u.
Proof. destruct u; cbn [exact exact_shift]; intros E Ht; try apply Z.leb_le in E; [lia|lia|exact Logic.I]. Qed.

(** *** Logic and arithmetic *)

Definition induction_check (q ratio : expr) (base step sign j : judgment) : bool :=
  let n := pred (from step) in
  Nat.leb 1 (from step) && free_t q
  && states 0 false Rules.Ge (subst (Absolute n) q) base
  && states (1 + n) false Rules.Ge (Minus q (Mul ratio (subst (Free (-1)) q))) step
  && states (1 + n) false Rules.Ge ratio sign
  && concludes n false Rules.Ge q j.

Theorem induction q ratio base step sign j : valid base -> valid step -> valid sign ->
  induction_check q ratio base step sign j = true -> valid j.
Proof.
  intros H1 H2 H3 C. unfold induction_check in C. conditions C. refine (conclude _ _ _ _ _ _ C0).
  apply (Rules.induction idx T T_pos (pred (from step)) (denote q) (denote ratio)).
  - intros t Ht Hb i Hi w. pose proof (stated _ _ _ _ _ H1 C3 t Ht Hb i Hi w) as A.
    rewrite substituted in A by exact Logic.I. exact A.
  - apply holds_premise. intros t Ht Hb i Hi w. pose proof (stated _ _ _ _ _ H2 C2 t Ht Hb i Hi w) as A.
    cbn [CertificateTerms.denote] in A. rewrite substituted in A by (simpl; lia). exact A.
  - apply holds_premise, (stated _ _ _ _ _ H3 C1).
Qed.

Definition root_monotone_check (larger smaller : expr) (n : nat) (p q j : judgment) : bool :=
  let lo := latest [p; q] in
  let b := any_bounded [p; q] in
  Nat.leb 1 n && states lo b Rules.Ge (Minus (Pow larger n) (Pow smaller n)) p && states lo b Rules.Ge larger q
  && concludes lo b Rules.Ge (Minus larger smaller) j.

Theorem root_monotone larger smaller n p q j : valid p -> valid q -> root_monotone_check larger smaller n p q j = true -> valid j.
Proof.
  intros H1 H2 C. unfold root_monotone_check in C. conditions C. apply Nat.leb_le in C. refine (conclude _ _ _ _ _ _ C0).
  apply (Rules.root_monotone idx T T_pos _ _ n (denote larger) (denote smaller) C); apply holds_premise.
  - exact (stated _ _ _ _ _ H1 C2).
  - exact (stated _ _ _ _ _ H2 C1).
Qed.

Theorem clock lo j : concludes lo false Rules.Ge (Minus (Idx (Free 0)) (Const (Z.of_nat lo) 1)) j = true -> valid j.
Proof.
  intro C. refine (conclude _ _ _ _ _ _ C). intros t Ht Hb i Hi w. cbn [CertificateTerms.denote number].
  rewrite <- INR_IZR_INZ. apply (Rules.clock (S := S) idx T lo t Ht Hb i Hi w).
Qed.

Theorem horizon lo j : concludes lo true Rules.Ge (Minus (Idx (Horizon 0)) (Idx (Free 0))) j = true -> valid j.
Proof. intro C. refine (conclude _ _ _ _ _ _ C). exact (Rules.horizon (S := S) idx T lo). Qed.

(** *** Definitions.  [means] says what the new atom is. *)

Notation means timed x f := (forall t i w, denote (now timed x) t i w = f t i w).

Theorem define timed x e lo j : means timed x (denote e) ->
  begins table x lo && concludes lo false Rules.Eq (Minus (now timed x) e) j = true -> valid j.
Proof. intros M C. conditions C. clear C. rename C0 into C. refine (conclude _ _ _ _ _ _ C). intros t _ _ i _ w. cbn [CertificateTerms.denote Rules.rel]. rewrite M. ring. Qed.

Theorem inverse timed x e p j : means timed x (Rules.inverse_of (denote e)) -> valid p ->
  begins table x (from p) && states (from p) false Rules.Gt e p && concludes (from p) false Rules.Eq (Minus (Mul (now timed x) e) (Const 1 1)) j = true -> valid j.
Proof.
  intros M H C. conditions C. refine (conclude _ _ _ _ _ _ C0).
  destruct (Rules.inverse idx T (from p) (denote e) (stated _ _ _ _ _ H C1)) as [A _].
  intros t Ht Hb i Hi w. specialize (A t Ht Hb i Hi w). cbn [CertificateTerms.denote number]. rewrite M. exact A.
Qed.

Theorem root timed x e n p j : means timed x (Rules.root_of n (denote e)) -> valid p ->
  Nat.leb 2 n && begins table x (from p) && states (from p) false Rules.Ge e p && concludes (from p) false Rules.Eq (Minus (Pow (now timed x) n) e) j = true -> valid j.
Proof.
  intros M H C. conditions C. apply Nat.leb_le in C. refine (conclude _ _ _ _ _ _ C0).
  destruct (Rules.root idx T T_pos n (from p) (denote e) C (stated _ _ _ _ _ H C1)) as [A _].
  intros t Ht Hb i Hi w. specialize (A t Ht Hb i Hi w). cbn [CertificateTerms.denote]. rewrite M. exact A.
Qed.

Theorem sign_of_inverse timed x e p j : means timed x (Rules.inverse_of (denote e)) -> valid p ->
  states (from p) false Rules.Gt e p && concludes (from p) false Rules.Gt (now timed x) j = true -> valid j.
Proof.
  intros M H C. conditions C. refine (conclude _ _ _ _ _ _ C0).
  pose proof (proj1 (Rules.sign idx T (from p) 0 (denote e)) (stated _ _ _ _ _ H C)) as A.
  intros t Ht Hb i Hi w. rewrite M. apply (A t Ht Hb i Hi w).
Qed.

Theorem sign_of_root timed x e n p j : means timed x (Rules.root_of n (denote e)) -> valid p ->
  states (from p) false Rules.Ge e p && concludes (from p) false Rules.Ge (now timed x) j = true -> valid j.
Proof.
  intros M H C. conditions C. refine (conclude _ _ _ _ _ _ C0).
  pose proof (proj2 (Rules.sign idx T (from p) n (denote e)) (stated _ _ _ _ _ H C)) as A.
  intros t Ht Hb i Hi w. rewrite M. apply (A t Ht Hb i Hi w).
Qed.

Theorem logarithm timed x e p j : means timed x (Rules.logarithm_of (denote e)) -> valid p ->
  begins table x (from p) && states (from p) false Rules.Gt e p && concludes 0 false Rules.Eq (Const 0 1) j = true -> valid j.
Proof.
  intros _ H C. conditions C. refine (conclude _ _ _ _ _ _ C0).
  exact (proj2 (Rules.logarithm idx T (from p) (denote e) (stated _ _ _ _ _ H C1))).
Qed.

(** A fact about e, e(t := u). *)
Lemma substituted_fact lo u r e p : valid p -> states (from p) false r e p = true -> exact lo u = true -> Nat.leb (from p) (least lo u) = true ->
  forall t, (lo <= t)%nat -> forall i, In i idx -> forall w, Rules.rel r (denote e (moment T t u) i w).
Proof.
  intros H C E L t Ht i Hi w. apply Nat.leb_le in L. pose proof (least_le T T_pos lo u t Ht).
  apply (stated _ _ _ _ _ H C); [lia|discriminate|exact Hi].
Qed.

Definition tangent (tx : bool) (x : nat) (u : time) (e : expr) (ty : bool) (y : nat) (v : time) (d : expr) : expr :=
  Plus (Minus (Mul (subst u e) (Minus (atom_at tx x u) (atom_at ty y v))) (subst u e)) (subst v d).

Theorem log_tangent tx x u e p ty y v d q lo j : means tx x (Rules.logarithm_of (denote e)) -> means ty y (Rules.logarithm_of (denote d)) ->
  valid p -> valid q ->
  states (from p) false Rules.Gt e p && exact lo u && Nat.leb (from p) (least lo u)
  && states (from q) false Rules.Gt d q && exact lo v && Nat.leb (from q) (least lo v)
  && concludes lo false Rules.Ge (tangent tx x u e ty y v d) j = true -> valid j.
Proof.
  intros Mx My Hp Hq C. conditions C. refine (conclude _ _ _ _ _ _ C0). intros t Ht Hb i Hi w.
  assert (At : forall b z f, means b z f -> forall u, denote (atom_at b z u) t i w = f (moment T t u) i w).
  { intros b z f M u'. rewrite <- (M (moment T t u') i w). destruct b; reflexivity. }
  pose proof (Rules.log_tangent idx T t (fun _ => denote e (moment T t u)) (fun _ => denote d (moment T t v))) as A.
  cbn [tangent CertificateTerms.denote]. rewrite (At tx x _ Mx), (At ty y _ My).
  rewrite !substituted by (eapply exact_sound; eassumption).
  apply (A (fun t' _ _ i' Hi' w' => substituted_fact lo u Rules.Gt e p Hp C C5 C4 t Ht i' Hi' w')
           (fun t' _ _ i' Hi' w' => substituted_fact lo v Rules.Gt d q Hq C3 C2 C1 t Ht i' Hi' w') t); auto.
Qed.

Theorem minimum x e j : means false x (fun _ i w => min_1_to (fun u => denote e u i w) T) ->
  concludes 1 true Rules.Ge (Minus e (Param x)) j = true -> valid j.
Proof.
  intros M C. refine (conclude _ _ _ _ _ _ C). intros t Ht Hb i Hi w.
  pose proof (Rules.minimum (S := S) idx T T_pos (fun u => denote e u i w) t Ht Hb i Hi w) as A.
  cbn [CertificateTerms.denote]. change (value x O i w) with (denote (now false x) t i w). rewrite M. exact A.
Qed.

(** *** What a defined atom's table entry says *)

Theorem defined_fits timed x (a : atom) (h : R -> R) e : means timed x (fun t i w => h (denote e t i w)) ->
  (timed = true \/ random a = false /\ forall t i w, value x t i w = value x O i w) ->
  implb (negb (coordinate a)) (negb (free_i table e))
  && (if random a then known table (first a) (Some (Free 0)) e else known table 0 None e) = true -> fits value x a.
Proof.
  intros M Ht C. apply andb_true_iff in C. destruct C as [Ci Ck].
  assert (V : forall t i w, value x t i w = h (denote e t i w)).
  { intros t i w. rewrite <- M. destruct timed; [reflexivity|]. destruct Ht as [Ht|[_ Ht]]; [discriminate|apply Ht]. }
  split.
  - intros E t i j w. rewrite !V. rewrite E in Ci. apply negb_true_iff in Ci. f_equal. apply (free_i_sound idx T value table ok e Ci).
  - intros E t i w w'. rewrite !V. rewrite E in Ck. f_equal.
    exact (known_sound idx T value T_pos table ok e O None t i Ck (Nat.le_0_l _) w w').
  - intros E t Hf i w w' Ew. rewrite !V. rewrite E in Ck. f_equal.
    exact (known_sound idx T value T_pos table ok e (first a) (Some (Free 0)) t i Ck Hf w w' Ew).
Qed.

Theorem minimum_fits x (a : atom) e : (forall t i w, value x t i w = min_1_to (fun u => denote e u i w) T) ->
  negb (free_i table e) && negb (random a) && known table 0 None e = true -> fits value x a.
Proof.
  intros V C. conditions C. apply negb_true_iff in C, C1.
  assert (M : forall u v, (forall s, u s = v s) -> min_1_to u T = min_1_to v T)
    by (intros u v E; replace v with u by (apply functional_extensionality, E); reflexivity).
  split.
  - intros _ t i j w. rewrite !V. apply M; intro s. apply (free_i_sound idx T value table ok e C).
  - intros _ t i w w'. rewrite !V. apply M; intro s.
    exact (known_sound idx T value T_pos table ok e O None s i C0 (Nat.le_0_l _) w w').
  - rewrite C1. discriminate.
Qed.

(** *** The objective *)
Variables (f : (I -> R) -> R) (nf : (I -> R) -> I -> R) (L f_inf : R).
(** the numbers of the atoms L and f_inf *)
Variables (aL af : nat).

Notation is_L := (forall i w, value aL O i w = L).
Notation is_f_inf := (forall i w, value af O i w = f_inf).
Notation value_at x fx := (forall t i w, value fx t i w = f (fun j => value x t j w)).
Notation gradient_at x gx := (forall t i w, value gx t i w = nf (fun j => value x t j w) i).

Theorem value_fits x fx (a b : atom) : value_at x fx -> fits value x a -> random b = random a -> first b = first a -> fits value fx b.
Proof.
  intros V A Er Ef. split.
  - intros _ t i j w. rewrite !V. reflexivity.
  - intros E t i w w'. rewrite !V. f_equal. apply functional_extensionality; intro j. apply (fits_w _ _ _ A). congruence.
  - intros E t Ht i w w' Ew. rewrite !V. f_equal. apply functional_extensionality; intro j.
    apply (fits_measurable _ _ _ A); [congruence|rewrite <- Ef; exact Ht|exact Ew].
Qed.

Theorem gradient_fits x gx (a b : atom) : gradient_at x gx -> fits value x a -> coordinate b = true -> random b = random a ->
  first b = first a -> fits value gx b.
Proof.
  intros V A Ec Er Ef. split.
  - rewrite Ec. discriminate.
  - intros E t i w w'. rewrite !V. f_equal. apply functional_extensionality; intro j. apply (fits_w _ _ _ A). congruence.
  - intros E t Ht i w w' Ew. rewrite !V. f_equal. apply functional_extensionality; intro j.
    apply (fits_measurable _ _ _ A); [congruence|rewrite <- Ef; exact Ht|exact Ew].
Qed.

Theorem point j : concludes 0 false Rules.Eq (Const 0 1) j = true -> valid j.
Proof. intro C. refine (conclude _ _ _ _ _ _ C). intros t _ _ i _ w. reflexivity. Qed.

Theorem lower_bound x fx u lo j : value_at x fx -> is_f_inf -> (forall y, f_inf <= f y) ->
  concludes lo false Rules.Ge (Minus (Atom fx u) (Param af)) j = true -> valid j.
Proof.
  intros V Ef H C. refine (conclude _ _ _ _ _ _ C). intros t Ht Hb i Hi w. cbn [CertificateTerms.denote].
  rewrite V, Ef. exact (Rules.lower_bound idx T f f_inf lo (fun _ w j => value x (moment T t u) j w) H t Ht Hb i Hi w).
Qed.

Definition squared_distance (x : nat) (u : time) (y : nat) (v : time) : expr := SumI (Pow (Minus (Atom x u) (Atom y v)) 2).

Theorem lipschitz x gx u y gy v lo j : gradient_at x gx -> gradient_at y gy -> is_L -> idx <> [] -> Vector.lipschitz idx L nf ->
  concludes lo false Rules.Ge (Minus (Mul (Pow (Param aL) 2) (squared_distance x u y v)) (squared_distance gx u gy v)) j = true -> valid j.
Proof.
  intros Vx Vy EL Hidx H C. refine (conclude _ _ _ _ _ _ C). intros t Ht Hb i Hi w.
  pose proof (Rules.lipschitz idx T nf L lo (fun _ w j => value x (moment T t u) j w) (fun _ w j => value y (moment T t v) j w)
    (lipschitz_nonneg idx L nf Hidx H) H t Ht Hb i Hi w) as A.
  cbn [squared_distance CertificateTerms.denote]. rewrite EL.
  rewrite (lsum_ext idx (fun j => (value gx (moment T t u) j w - value gy (moment T t v) j w) ^ 2)
    (fun j => (nf (fun k => value x (moment T t u) k w) j - nf (fun k => value y (moment T t v) k w) j) ^ 2))
    by (intro k; rewrite Vx, Vy; reflexivity). exact A.
Qed.

Definition quadratic_model (x fx gx : nat) (u : time) (y fy : nat) (v : time) : expr :=
  Minus (Plus (Plus (Atom fx u) (SumI (Mul (Atom gx u) (Minus (Atom y v) (Atom x u)))))
           (Mul (Const 1 2) (Mul (Param aL) (SumI (Pow (Minus (Atom y v) (Atom x u)) 2))))) (Atom fy v).

Theorem descent x fx gx u y fy v lo j : value_at x fx -> gradient_at x gx -> value_at y fy -> is_L -> idx <> [] ->
  is_gradient idx f nf -> Vector.lipschitz idx L nf ->
  concludes lo false Rules.Ge (quadratic_model x fx gx u y fy v) j = true -> valid j.
Proof.
  intros Vx Gx Vy EL Hidx Hg H C. refine (conclude _ _ _ _ _ _ C). intros t Ht Hb i Hi w.
  pose proof (Rules.descent idx T f nf L lo (fun _ w j => value x (moment T t u) j w) (fun _ w j => value y (moment T t v) j w)
    (lipschitz_nonneg idx L nf Hidx H) Hg H t Ht Hb i Hi w) as A.
  cbn [quadratic_model CertificateTerms.denote number]. rewrite EL, Vx, Vy.
  rewrite (lsum_ext idx (fun j => value gx (moment T t u) j w * (value y (moment T t v) j w - value x (moment T t u) j w))
    (fun j => nf (fun k => value x (moment T t u) k w) j * (value y (moment T t v) j w - value x (moment T t u) j w)))
    by (intro k; rewrite Gx; reflexivity).
  cbn [Rules.rel] in *. lra.
Qed.

(** *** Expectation *)

Lemma denote_Ex l e t i w : denote (Ex l e) t i w = Rules.E (level_at T t l) (denote e t i) w.
Proof. destruct l; reflexivity. Qed.

Theorem expectation l lo b p j : valid p ->
  Nat.leb (from p) lo && implb (bounded p) b && concludes lo b (rel p) (Ex l (poly p)) j = true -> valid j.
Proof.
  intros H C. conditions C. refine (conclude _ _ _ _ _ _ C0). apply Nat.leb_le in C.
  pose proof (Rules.expectation idx T (from p) (bounded p) (rel p) (denote (poly p)) (fun t => level_at T t l) H) as A.
  intros t Ht Hb i Hi w. rewrite denote_Ex. apply A; [lia| |exact Hi].
  intro B. apply Hb. rewrite B in C1. exact C1.
Qed.

Theorem tower y x u l lo b j :
  known table lo (Some u) y && is_before l u
  && concludes lo b Rules.Eq (Minus (Ex l (Mul y x)) (Ex l (Mul y (Ex (Some u) x)))) j = true -> valid j.
Proof.
  intro C. conditions C. refine (conclude _ _ _ _ _ _ C0). intros t Ht Hb i Hi w.
  pose proof (Rules.tower idx T t (fun _ => denote y t) (fun _ => denote x t) (fun _ => moment T t u) (fun _ => level_at T t l)) as A.
  assert (Hy : nat -> forall k, measurable (moment T t u) (denote y t k))
    by (intros _ k; exact (known_sound idx T value T_pos table ok y lo (Some u) t k C Ht)).
  assert (Ho : nat -> forall n, level_at T t l = Some n -> (n <= moment T t u)%nat).
  { intros _ n E. destruct l as [v|]; [|discriminate]. injection E as <-. exact (before_le T T_pos v u t C1). }
  specialize (A Hy Ho t (Nat.le_refl t) (fun E => False_ind _ (diff_false_true E)) i Hi w).
  destruct l; exact A.
Qed.

Inductive functional := OverE (l : option time) | OverCoordinates | OverSteps (lo : nat).
Definition apply_functional (phi : functional) (e : expr) : expr :=
  match phi with OverE l => Ex l e | OverCoordinates => SumI e | OverSteps lo => SumT lo e end.

Definition holder_check (phi : functional) (q z u : expr) (a b lo : nat) (bd : bool) (p pq pz j : judgment) : bool :=
  let at_premises := match phi with OverSteps low => (low, true) | _ => (lo, bd) end in
  Nat.leb 1 a && Nat.leb 1 b
  && states (fst at_premises) (snd at_premises) Rules.Ge (Minus (Mul (Pow q a) (Pow z b)) (Pow u (a + b))) p
  && states (fst at_premises) (snd at_premises) Rules.Ge q pq
  && states (fst at_premises) (snd at_premises) Rules.Ge z pz
  && concludes (match phi with OverSteps _ => O | _ => lo end) (match phi with OverSteps _ => false | _ => bd end) Rules.Ge
       (Minus (Mul (Pow (apply_functional phi q) a) (Pow (apply_functional phi z) b)) (Pow (apply_functional phi u) (a + b))) j.

Theorem holder phi q z u a b lo bd p pq pz j : valid p -> valid pq -> valid pz ->
  holder_check phi q z u a b lo bd p pq pz j = true -> valid j.
Proof.
  intros H Hq Hz C. unfold holder_check in C. conditions C. apply Nat.leb_le in C, C4. refine (conclude _ _ _ _ _ _ C0).
  apply (fun A => stated _ _ _ _ _ A C3) in H. apply (fun A => stated _ _ _ _ _ A C2) in Hq. apply (fun A => stated _ _ _ _ _ A C1) in Hz.
  destruct (Rules.holder (S := S) idx T T_pos a b C C4) as [A1 [A2 A3]].
  destruct phi as [l| |low]; cbn [fst snd apply_functional] in *.
  - pose proof (A1 lo bd _ _ _ (fun t => level_at T t l) (holds_premise _ _ _ _ _ _ H) (holds_premise _ _ _ _ _ _ Hq)
      (holds_premise _ _ _ _ _ _ Hz)) as A.
    intros t Ht Hb i Hi w. specialize (A t Ht Hb i Hi w).
    change (denote (Minus (Mul (Pow (Ex l q) a) (Pow (Ex l z) b)) (Pow (Ex l u) (a + b))) t i w)
      with (denote (Ex l q) t i w ^ a * denote (Ex l z) t i w ^ b - denote (Ex l u) t i w ^ (a + b)).
    rewrite !denote_Ex. exact A.
  - exact (A2 lo bd _ _ _ (holds_premise _ _ _ _ _ _ H) (holds_premise _ _ _ _ _ _ Hq) (holds_premise _ _ _ _ _ _ Hz)).
  - intros t _ _ i Hi w.
    refine (A3 low (fun t => denote q t i w) (fun t => denote z t i w) (fun t => denote u t i w) _ _ _ t (Nat.le_0_l _) _ i Hi w);
      [| | |discriminate]; apply holds_premise; intros t' Ht' Hb' _ _ _.
    + apply (H t' Ht' Hb' i Hi w).
    + apply (Hq t' Ht' Hb' i Hi w).
    + apply (Hz t' Ht' Hb' i Hi w).
Qed.

(** *** Sums *)

Theorem sum_coordinates p j : valid p -> concludes (from p) (bounded p) (rel p) (SumI (poly p)) j = true -> valid j.
Proof. intros H C. refine (conclude _ _ _ _ _ _ C). exact (Rules.sum_coordinates idx T _ _ _ _ H). Qed.

Theorem single_coordinate p j : valid p ->
  weakens (rel p) Rules.Ge && concludes (from p) (bounded p) Rules.Ge (Minus (SumI (poly p)) (poly p)) j = true -> valid j.
Proof.
  intros H C. conditions C. refine (conclude _ _ _ _ _ _ C0).
  apply (Rules.single_coordinate idx T T_pos (from p) (bounded p) (denote (poly p))).
  exists (from p), (bounded p), (rel p). repeat split; auto using weakens_sound.
Qed.

Definition sum_relation (r : relation) : relation := match r with Rules.Eq => Rules.Eq | _ => Rules.Ge end.

Theorem sum_steps lo p j : valid p -> Nat.leb (from p) lo && concludes 0 false (sum_relation (rel p)) (SumT lo (poly p)) j = true -> valid j.
Proof.
  intros H C. conditions C. refine (conclude _ _ _ _ _ _ C0). apply Nat.leb_le in C. intros t _ _ i Hi w.
  destruct (Rules.sum_steps (S := S) idx T T_pos (from p) lo (bounded p) (fun u => denote (poly p) u i w) C) as [A B].
  assert (V : forall r, rel p = r -> forall i', In i' idx -> forall w' : S, holds (from p) (bounded p) r (fun t' (_ : I) (_ : S) => denote (poly p) t' i' w'))
    by (intros r <- i' Hi' w' t' Ht' Hb' _ _ _; exact (H t' Ht' Hb' i' Hi' w')).
  assert (False_bounded : false = true -> (t <= T)%nat) by discriminate.
  specialize (V _ eq_refl i Hi w). destruct (rel p) eqn:Er; cbn [sum_relation].
  - exact (A (fun t' Ht' Hb' _ _ _ => V t' Ht' Hb' i Hi w) t (Nat.le_0_l _) False_bounded i Hi w).
  - refine (B _ t (Nat.le_0_l _) False_bounded i Hi w). exists (from p), (bounded p), Rules.Ge. unfold Rules.implies.
    split; [lia|]. split; [auto|]. split; [auto|]. intros t' Ht' Hb' _ _ _. exact (V t' Ht' Hb' i Hi w).
  - refine (B _ t (Nat.le_0_l _) False_bounded i Hi w). exists (from p), (bounded p), Rules.Gt. unfold Rules.implies.
    split; [lia|]. split; [auto|]. split; [auto|]. intros t' Ht' Hb' _ _ _. exact (V t' Ht' Hb' i Hi w).
Qed.

Theorem telescope q lo j :
  Nat.leb 1 lo && Nat.leb lo 2
  && concludes 0 false Rules.Eq (Plus (Minus (Minus (SumT lo q) (SumT lo (subst (Free (-1)) q))) (subst (Horizon 0) q)) (subst (Absolute (lo - 1)) q)) j = true ->
  valid j.
Proof.
  intro C. conditions C. refine (conclude _ _ _ _ _ _ C0). apply Nat.leb_le in C, C1. intros t Ht Hb i Hi w.
  pose proof (Rules.telescope (S := S) idx T T_pos lo (fun u => denote q u i w) (conj C C1) t Ht Hb i Hi w) as A.
  cbn [CertificateTerms.denote]. rewrite !substituted by (simpl; lia). cbn [moment shift].
  replace (Rules.sum_t T lo (fun u => denote (subst (Free (-1)) q) u i w)) with (Rules.sum_t T lo (fun u => denote q (u - 1)%nat i w)); [exact A|].
  unfold Rules.sum_t. apply nsum_ext; intros n _. rewrite substituted by (simpl; lia). reflexivity.
Qed.

Theorem first_term q lo j :
  Nat.leb lo 1 && concludes 0 false Rules.Eq (Minus (Minus (SumT lo q) (SumT (lo + 1) q)) (subst (Absolute lo) q)) j = true -> valid j.
Proof.
  intro C. conditions C. refine (conclude _ _ _ _ _ _ C0). apply Nat.leb_le in C. intros t Ht Hb i Hi w.
  cbn [CertificateTerms.denote]. rewrite substituted by exact Logic.I.
  exact (Rules.first_term (S := S) idx T T_pos lo (fun u => denote q u i w) C t Ht Hb i Hi w).
Qed.
End Steps.

(** *** How certificates are written *)
Infix "[+]" := Plus (at level 50, left associativity).
Infix "[-]" := Minus (at level 50, left associativity).
Infix "[*]" := Mul (at level 40, left associativity).
Infix "[^]" := Pow (at level 30, right associativity).

(** The table entry of a declared atom; [H] says that it is adapted. *)
Ltac declared H :=
  apply Fits; let E := fresh "E" in intro E; try discriminate E; clear E;
  first [exact H | intros; reflexivity | intros; apply H; assumption].

(** *** Bounds: roots as square roots, and the tactics that compare a goal with a stated bound *)
Lemma pow_eq_nonneg x y : 0 <= x -> 0 <= y -> x ^ 2 = y ^ 2 -> x = y.
Proof. intros Hx Hy E. apply Rsqr_inj; [exact Hx|exact Hy|]. unfold Rsqr. lra. Qed.

Lemma root_is_sqrt x z : 0 <= x -> x = z -> rpow x (/ INR 2) = sqrt z.
Proof.
  intros Hx <-. apply pow_eq_nonneg; [apply rpow_nonneg|apply sqrt_pos|].
  rewrite pow2_sqrt by exact Hx. rewrite (rpow_pow x (/ INR 2) 2 (INR 1)); [|exact Hx|lia|simpl; field|simpl; lra].
  rewrite rpow_nat by (assumption || lia). ring.
Qed.

Lemma root_is_inverse_sqrt x z : 0 < z -> x = / z -> rpow x (/ INR 2) = 1 / sqrt z.
Proof.
  intros Hz ->. rewrite (root_is_sqrt _ (/ z)); [|left; apply Rinv_0_lt_compat, Hz|reflexivity].
  rewrite sqrt_inv. unfold Rdiv. ring.
Qed.

(** Powers of x in terms of its n-th root. *)
Lemma root_power x n m z : 0 <= x -> (n <> 0)%nat -> (m <> 0)%nat -> 0 < z -> z * INR n = INR m ->
  rpow x z = rpow x (/ INR n) ^ m.
Proof.
  intros Hx Hn Hm Hz E. pose proof (not_0_INR n Hn) as N. symmetry. apply rpow_pow; try assumption. rewrite <- E. field. exact N.
Qed.

Lemma root_to_the_degree x n : 0 <= x -> (n <> 0)%nat -> x = rpow x (/ INR n) ^ n.
Proof.
  intros Hx Hn. pose proof (not_0_INR n Hn) as N. rewrite <- (root_power x n n (INR 1)); try assumption.
  - rewrite rpow_nat by (assumption || discriminate). ring.
  - simpl. lra.
  - simpl. ring.
Qed.

Lemma sqrt_of_root x n m : 0 <= x -> (m <> 0)%nat -> n = (2 * m)%nat -> sqrt x = rpow x (/ INR n) ^ m.
Proof.
  intros Hx Hm ->. rewrite <- (root_is_sqrt x x Hx eq_refl). apply root_power; [exact Hx|lia|exact Hm| |].
  - simpl. lra.
  - rewrite mult_INR. simpl (INR 2). field.
Qed.

Lemma root_of_root x n k m : 0 <= x -> (k <> 0)%nat -> (m <> 0)%nat -> n = (k * m)%nat ->
  rpow x (/ INR k) = rpow x (/ INR n) ^ m.
Proof.
  intros Hx Hk Hm ->. apply root_power; [exact Hx|nia|exact Hm|apply Rinv_0_lt_compat, lt_0_INR; lia|].
  rewrite mult_INR. field. apply not_0_INR, Hk.
Qed.

Lemma root_positive x n : 0 < x -> 0 < rpow x (/ INR n).
Proof. intro Hx. unfold rpow. destruct (Rle_dec x 0); [lra|apply exp_pos]. Qed.

Lemma root_of_inverse x y : 0 < x -> rpow (/ x) y = / rpow x y.
Proof.
  intro Hx. pose proof (Rinv_0_lt_compat x Hx) as H. unfold rpow.
  destruct (Rle_dec (/ x) 0), (Rle_dec x 0); try lra.
  unfold Rpower. rewrite ln_Rinv by exact Hx. rewrite <- exp_Ropp. f_equal. ring.
Qed.

Lemma root_unique x y n : 0 <= y -> (n <> 0)%nat -> y ^ n = x -> rpow x (/ INR n) = y.
Proof.
  intros Hy Hn <-. pose proof (root_to_the_degree (y ^ n) n (pow_le _ _ Hy) Hn) as E.
  apply Rle_antisym; apply (pow_le_reg n); try assumption; try apply rpow_nonneg; rewrite <- E; apply Rle_refl.
Qed.

Lemma is_power (x : nat -> R) b : x O = 1 -> (forall t, (1 <= t)%nat -> x t = b * x (t - 1)%nat) -> forall n, x n = b ^ n.
Proof.
  intros H0 H. induction n as [|n IH]; [exact H0|]. rewrite H by lia. simpl. rewrite Nat.sub_0_r, IH. reflexivity.
Qed.

Ltac positive :=
  repeat match goal with
  | |- 0 < _ ^ _ => apply pow_lt
  | |- 0 < sqrt _ => apply sqrt_lt_R0
  | |- 0 < _ * _ => apply Rmult_lt_0_compat
  | |- 0 < / _ => apply Rinv_0_lt_compat
  end; try lra.
Ltac nonzero :=
  repeat match goal with |- _ /\ _ => split end; try (apply Rgt_not_eq, Rlt_gt; positive).
(** Step numbers 1, 2, T + 1 as reals. *)
Ltac at_numbers :=
  let H := fresh "H" in assert (H : INR 2 = 2) by (simpl; ring);
  rewrite ?plus_INR, ?H in *; clear H; change (INR 1) with 1 in *; rewrite ?ln_1, ?sqrt_1.
(** z as the square of its root, for every root of the goal with z > 0. *)
Ltac squares :=
  repeat match goal with
  | |- context [sqrt ?z] =>
      let H := fresh "H" in let P := fresh "P" in let q := fresh "q" in
      assert (H : sqrt z ^ 2 = z) by (apply pow2_sqrt; left; positive); assert (P : 0 < sqrt z) by positive;
      set (q := sqrt z) in *; clearbody q; try rewrite <- H
  end.
