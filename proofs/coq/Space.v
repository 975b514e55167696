(** Expectation and conditional expectation, as the proofs use them.

    A [space] is a filtered probability space on which every random variable is
    integrable: the laws below are all that any proof needs.  [Paths.v] builds
    one from finitely many noise symbols, with [expect] the explicit sum over
    all noise paths. *)
From Coq Require Import Reals Lra Psatz List FunctionalExtensionality.
From ADOPT Require Import FiniteSum Vector Holder.
Import ListNotations.
Open Scope R_scope.

(** [same n w w']: the outcomes [w], [w'] cannot be told apart at time [n].
    A variable is F_n-measurable when it takes equal values on such outcomes. *)
Definition measurable_for {Om : Type} (same : nat -> Om -> Om -> Prop) {A : Type} (n : nat) (X : Om -> A) : Prop :=
  forall w w', same n w w' -> X w = X w'.

Record space := Space {
  outcome :> Type;
  same : nat -> outcome -> outcome -> Prop;
  expect : (outcome -> R) -> R;
  cond : nat -> (outcome -> R) -> outcome -> R;
  same_mono : forall m n w w', (m <= n)%nat -> same n w w' -> same m w w';
  expect_one : expect (fun _ => 1) = 1;
  expect_plus : forall F G, expect (fun w => F w + G w) = expect F + expect G;
  expect_scal : forall c F, expect (fun w => c * F w) = c * expect F;
  expect_le : forall F G, (forall w, F w <= G w) -> expect F <= expect G;
  expect_positive : forall F, (forall w, 0 < F w) -> 0 < expect F;
  cond_one : forall n w, cond n (fun _ => 1) w = 1;
  cond_plus : forall n F G w, cond n (fun w => F w + G w) w = cond n F w + cond n G w;
  cond_le : forall n F G, (forall w, F w <= G w) -> forall w, cond n F w <= cond n G w;
  cond_positive : forall n F, (forall w, 0 < F w) -> forall w, 0 < cond n F w;
  cond_same : forall n F, measurable_for same n (cond n F);
  cond_pull : forall n Z F, measurable_for same n Z ->
    forall w, cond n (fun w => Z w * F w) w = Z w * cond n F w;
  cond_tower : forall m n F w, (m <= n)%nat -> cond m (cond n F) w = cond m F w;
  expect_cond : forall n F, expect (cond n F) = expect F }.

Arguments same {s}. Arguments expect {s}. Arguments cond {s}.

Definition measurable {S : space} {A : Type} (n : nat) (X : S -> A) : Prop := measurable_for same n X.

Section Laws.
Context {S : space}.
Implicit Types F G X Y Z : S -> R.

Lemma measurable_mono {A} m n (X : S -> A) : (m <= n)%nat -> measurable m X -> measurable n X.
Proof. intros H M w w' E. apply M, (same_mono _ m n _ _ H E). Qed.

Lemma measurable_const {A} n (a : A) : measurable n (fun _ : S => a).
Proof. intros w w' _. reflexivity. Qed.

Lemma measurable_map {A B} n (h : A -> B) (X : S -> A) : measurable n X -> measurable n (fun w => h (X w)).
Proof. intros M w w' E. rewrite (M w w' E). reflexivity. Qed.

Lemma measurable_map2 {A B C} n (h : A -> B -> C) (X : S -> A) (Y : S -> B) :
  measurable n X -> measurable n Y -> measurable n (fun w => h (X w) (Y w)).
Proof. intros M N w w' E. rewrite (M w w' E), (N w w' E). reflexivity. Qed.

(** What is computed step by step from F_n-measurable inputs g_n is F_n-measurable. *)
Lemma recurrence_measurable {A B} (X : nat -> S -> A) (g : nat -> S -> B) :
  (forall n, measurable n (g n)) -> measurable O (X O) ->
  (forall n w w', X n w = X n w' -> g (Datatypes.S n) w = g (Datatypes.S n) w' -> X (Datatypes.S n) w = X (Datatypes.S n) w') ->
  forall n, measurable n (X n).
Proof.
  intros Hg H0 H. induction n as [|n IH]; [exact H0|]. intros w w' E.
  apply H; [exact (measurable_mono n _ _ (Nat.le_succ_diag_r n) IH w w' E)|exact (Hg _ w w' E)].
Qed.

Lemma expect_ext F G : (forall w, F w = G w) -> expect F = expect G.
Proof. intro H. f_equal. apply functional_extensionality, H. Qed.

Lemma expect_const c : expect (fun _ : S => c) = c.
Proof.
  rewrite (expect_ext _ (fun _ => c * 1)) by (intro; ring). rewrite expect_scal, expect_one. ring.
Qed.

Lemma expect_minus F G : expect (fun w => F w - G w) = expect F - expect G.
Proof.
  rewrite (expect_ext _ (fun w => F w + -1 * G w)) by (intro; ring).
  rewrite expect_plus, expect_scal. ring.
Qed.

Lemma expect_nonneg F : (forall w, 0 <= F w) -> 0 <= expect F.
Proof. intro H. rewrite <- (expect_const 0). apply expect_le, H. Qed.

Lemma expect_sum {A} (l : list A) (F : A -> S -> R) :
  expect (fun w => lsum l (fun a => F a w)) = lsum l (fun a => expect (F a)).
Proof.
  induction l as [|a l IH]; simpl; [apply expect_const|]. rewrite expect_plus, IH. reflexivity.
Qed.

Lemma cond_ext n F G w : (forall w, F w = G w) -> cond n F w = cond n G w.
Proof. intro H. f_equal. apply functional_extensionality, H. Qed.

Lemma cond_scal n c F w : cond n (fun w => c * F w) w = c * cond n F w.
Proof. apply (cond_pull S n (fun _ => c) F (measurable_const n c)). Qed.

Lemma cond_const n c w : cond n (fun _ : S => c) w = c.
Proof.
  rewrite (cond_ext n _ (fun _ => c * 1)) by (intro; ring). rewrite cond_scal, cond_one. ring.
Qed.

Lemma cond_known n Z w : measurable n Z -> cond n Z w = Z w.
Proof.
  intro M. rewrite (cond_ext n _ (fun w => Z w * 1)) by (intro; ring).
  rewrite (cond_pull S n Z (fun _ => 1) M), cond_one. ring.
Qed.

Lemma cond_minus n F G w : cond n (fun w => F w - G w) w = cond n F w - cond n G w.
Proof.
  rewrite (cond_ext n _ (fun w => F w + -1 * G w)) by (intro; ring).
  rewrite cond_plus, cond_scal. ring.
Qed.

Lemma cond_nonneg n F w : (forall w, 0 <= F w) -> 0 <= cond n F w.
Proof. intro H. rewrite <- (cond_const n 0 w). apply cond_le, H. Qed.

Lemma cond_sum {A} n (l : list A) (F : A -> S -> R) w :
  cond n (fun w => lsum l (fun a => F a w)) w = lsum l (fun a => cond n (F a) w).
Proof.
  induction l as [|a l IH]; simpl; [apply cond_const|]. rewrite cond_plus, IH. reflexivity.
Qed.

Lemma cond_abs n F H w : (forall w, Rabs (F w) <= H w) -> Rabs (cond n F w) <= cond n H w.
Proof.
  intro B. apply Rabs_le. split.
  - replace (cond n F w) with (- cond n (fun w => -1 * F w) w) by (rewrite cond_scal; ring).
    apply Ropp_le_contravar, cond_le. intro w'. pose proof (B w'). pose proof (Rle_abs (- F w')) as A.
    rewrite Rabs_Ropp in A. lra.
  - apply cond_le. intro w'. eapply Rle_trans; [apply Rle_abs|apply B].
Qed.

(** E[Z X] = E[Z E[X | F_n]] for an F_n-measurable Z. *)
Lemma expect_pull n Z X : measurable n Z -> expect (fun w => Z w * X w) = expect (fun w => Z w * cond n X w).
Proof.
  intro M. rewrite <- (expect_cond S n (fun w => Z w * X w)).
  apply expect_ext; intro w. apply (cond_pull S n Z X M).
Qed.

Lemma expect_dot_pull {I} (idx : list I) n (Z X : S -> I -> R) : measurable n Z ->
  expect (fun w => dot idx (Z w) (X w)) = expect (fun w => dot idx (Z w) (fun i => cond n (fun w => X w i) w)).
Proof.
  intro M. unfold dot. rewrite !expect_sum. apply lsum_ext; intro i.
  exact (expect_pull n _ (fun w => X w i) (measurable_map n (fun z : I -> R => z i) Z M)).
Qed.

(** Jensen's inequality for the square. *)
Lemma cond_square n X w : cond n X w ^ 2 <= cond n (fun w => X w ^ 2) w.
Proof.
  set (c := cond n X w).
  assert (H : 0 <= cond n (fun w' => X w' ^ 2 + ((-2 * c) * X w' + c ^ 2)) w).
  { apply cond_nonneg; intro w'. replace (X w' ^ 2 + (-2 * c * X w' + c ^ 2)) with ((X w' - c) ^ 2) by ring. apply pow2_ge_0. }
  rewrite !cond_plus, cond_scal, cond_const in H. fold c in H. nra.
Qed.

(** E ||E[X | F_n]||^2 <= E ||X||^2 *)
Lemma expect_nrm2_cond {I} (idx : list I) n (X : S -> I -> R) :
  expect (fun w => nrm2 idx (fun i => cond n (fun w => X w i) w)) <= expect (fun w => nrm2 idx (X w)).
Proof.
  unfold nrm2. rewrite !expect_sum. apply lsum_le; intro i. rewrite <- (expect_cond S n (fun w => X w i ^ 2)).
  apply expect_le; intro w. apply cond_square.
Qed.

(** Hoelder with exponents (3/2, 3). *)
Lemma expect_holder_32 X Q N B : (forall w, 0 <= X w) -> (forall w, 0 <= Q w) -> (forall w, 0 <= N w) ->
  (forall w, X w ^ 3 <= Q w ^ 2 * N w) -> expect N <= B ->
  rpow (expect X) (3 / 2) <= sqrt B * expect Q.
Proof.
  intros X0 Q0 N0 H HB.
  apply (holder_32 S X Q N _ _ (expect N)); try assumption; try (apply expect_nonneg; assumption).
  intros a b Hab. rewrite <- !expect_scal, <- expect_plus. apply expect_le, Hab.
Qed.

End Laws.
