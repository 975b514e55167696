(** The steps of a certificate (docs/certificate.md, section 4): for each rule a lemma of the same name, which takes the
    premises' proofs and the step's own arguments, asks for a side condition that is computed, and proves the step's
    conclusion by the theorem of [Rules.v].  Files written by `adoptproof check --coq` consist of these lemmas.

    Every variable of a [space] has an expectation; there are no integrable judgments here. *)
From Coq Require Import Reals ZArith Lra Lia List Bool FunctionalExtensionality.
From ADOPT Require Import FiniteSum Vector Holder Space CertificateTerms CertificateNormalForm.
From ADOPT Require Rules.
Import ListNotations.
Open Scope R_scope.

Notation relation := Rules.relation.

Record judgment := Judgment { from : nat; bounded : bool; rel : relation; poly : expr }.

Definition same_relation (r s : relation) : bool :=
  match r, s with Rules.Eq, Rules.Eq | Rules.Ge, Rules.Ge | Rules.Gt, Rules.Gt => true | _, _ => false end.
(** `=` and `>` count as `>=`. *)
Definition weakens (r s : relation) : bool := same_relation r s || same_relation s Rules.Ge.

Lemma same_relation_eq r s : same_relation r s = true -> r = s.
Proof. destruct r, s; simpl; intro; try discriminate; reflexivity. Qed.

Lemma weakens_sound r s : weakens r s = true -> Rules.implies r s.
Proof. unfold weakens. intro H. apply orb_true_iff in H. destruct H as [H|H]; apply same_relation_eq in H; [left|right]; exact H. Qed.

Definition latest (js : list judgment) : nat := fold_right (fun j n => Nat.max (from j) n) O js.
Definition any_bounded (js : list judgment) : bool := existsb bounded js.
Definition sum_of (es : list expr) : expr := fold_right Plus (Const 0 1) es.
Definition product_of (es : list expr) : expr := fold_right Mul (Const 1 1) es.

(** c times the product of the premises at these positions and of the squares of these terms *)
Record product := Times { numerator : Z; denominator : positive; places : list nat; squares : list expr }.

Definition empty {A} (l : list A) : bool := match l with [] => true | _ => false end.

Definition nothing : judgment := Judgment 0 false Rules.Eq (Const 0 1).
Definition pick (js : list judgment) (k : nat) : judgment := nth k js nothing.

(** The atom at t. *)
Definition now (timed : bool) (x : nat) : expr := if timed then Atom x (Free 0) else Param x.

Ltac conditions H :=
  repeat match type of H with (_ && _ = true) => let A := fresh "C" in apply andb_true_iff in H; destruct H as [H A] end.

Section Steps.
Context {S : space} {I : Type}.
Variables (idx : list I) (T : nat) (value : nat -> nat -> I -> S -> R).
Hypothesis T_pos : (1 <= T)%nat.
Variable table : list atom.
Hypothesis ok : fits_all value table.
Notation denote := (denote idx T value).
Notation holds := (Rules.holds idx T).
Notation premise := (Rules.premise idx T).

Definition valid (j : judgment) : Prop := holds (from j) (bounded j) (rel j) (denote (poly j)).
Fixpoint all (js : list judgment) : Prop := match js with [] => True | j :: js' => valid j /\ all js' end.

Lemma all_in js : all js -> forall j, In j js -> valid j.
Proof. induction js as [|k js IH]; intros H j Hj; [destruct Hj|]. destruct H as [Hk H], Hj as [<-|Hj]; auto. Qed.

Lemma nothing_valid : valid nothing.
Proof. intros t _ _ i _ w. reflexivity. Qed.

Lemma pick_valid js k : all js -> valid (pick js k).
Proof.
  intro H. unfold pick. destruct (nth_in_or_default k js nothing) as [Hin| ->]; [apply (all_in js H), Hin|apply nothing_valid].
Qed.

(** [j] is the conclusion "e r 0 from lo": the same relation, a polynomial of the same normal form, `from` 0 if there is no free t. *)
Definition concludes (lo : nat) (b : bool) (r : relation) (e : expr) (j : judgment) : bool :=
  Nat.eqb (from j) (if negb b && negb (free_t (poly j)) then 0 else lo) && eqb b (bounded j) && same_relation r (rel j)
  && well_formed table (from j) (poly j) && zero table lo (Minus e (poly j)).

Lemma equal_sound lo a b : zero table lo (Minus a b) = true -> forall t i w, (lo <= t)%nat -> denote a t i w = denote b t i w.
Proof.
  intros H t i w Ht. pose proof (zero_sound idx T value T_pos table ok lo _ H t i w Ht) as Z. simpl in Z. lra.
Qed.

Lemma concludes_sound lo b r e j : holds lo b r (denote e) -> concludes lo b r e j = true -> valid j.
Proof.
  intros H C. unfold concludes in C. conditions C. apply Nat.eqb_eq in C. apply eqb_prop in C3. apply same_relation_eq in C2.
  unfold valid. rewrite C, <- C2, <- C3. destruct (negb b && negb (free_t (poly j))) eqn:F.
  - apply andb_true_iff in F; destruct F as [Fb Ft]. apply negb_true_iff in Fb, Ft. rewrite Fb in *.
    intros t _ _ i Hi w. rewrite (free_t_sound idx T value _ Ft t (Nat.max t lo)).
    rewrite <- (equal_sound lo _ _ C0) by lia. apply (H (Nat.max t lo)); [lia|discriminate|exact Hi].
  - intros t Ht Hb i Hi w. rewrite <- (equal_sound lo _ _ C0) by exact Ht. apply (H t Ht Hb i Hi w).
Qed.

(** A premise, seen from a later `from`. *)
Lemma as_premise lo b r j : valid j -> (from j <= lo)%nat -> (bounded j = true -> b = true) -> weakens (rel j) r = true ->
  premise lo b r (denote (poly j)).
Proof. intros H Hf Hb Hr. exists (from j), (bounded j), (rel j). auto using weakens_sound. Qed.

Lemma latest_le js j : In j js -> (from j <= latest js)%nat.
Proof. induction js as [|k js IH]; intros H; [destruct H|]. simpl. destruct H as [->|H]; [lia|specialize (IH H); lia]. Qed.

Lemma any_bounded_in js j : In j js -> bounded j = true -> any_bounded js = true.
Proof. intros H E. apply existsb_exists. exists j. auto. Qed.

(** The premise's polynomial written otherwise. *)
Definition states (lo : nat) (b : bool) (r : relation) (e : expr) (p : judgment) : bool :=
  Nat.leb (from p) lo && implb (bounded p) b && weakens (rel p) r && zero table lo (Minus (poly p) e).

Lemma states_sound lo b r e p : valid p -> states lo b r e p = true -> holds lo b r (denote e).
Proof.
  intros H C. unfold states in C. conditions C. apply Nat.leb_le in C. intros t Ht Hbt i Hi w.
  rewrite <- (equal_sound lo _ _ C0) by exact Ht. apply (Rules.rel_implies (rel p) r _ (weakens_sound _ _ C1)).
  apply H; [lia| |exact Hi]. intro B. apply Hbt. rewrite B in C2. exact C2.
Qed.

Lemma holds_premise lo b r (p : nat -> I -> S -> R) : holds lo b r p -> premise lo b r p.
Proof. intro H. exists lo, b, r. unfold Rules.implies. auto. Qed.

(** *** Logic and arithmetic *)

Theorem hypothesis p j : valid p -> concludes (from p) (bounded p) (rel p) (poly p) j = true -> valid j.
Proof. intros H C. exact (concludes_sound _ _ _ _ _ H C). Qed.

Definition term_of (js : list judgment) (x : product) : expr :=
  Mul (Const (numerator x) (denominator x))
    (Mul (product_of (map (fun k => poly (pick js k)) (places x))) (product_of (map (fun q => Pow q 2) (squares x)))).
Definition equation_of (js : list judgment) (x : nat * expr) : expr := Mul (poly (pick js (fst x))) (snd x).
Definition combination_relation (js : list judgment) (terms : list product) : relation :=
  if empty terms then Rules.Eq
  else if existsb (fun x => Z.ltb 0 (numerator x) && empty (squares x)
                            && forallb (fun k => same_relation (rel (pick js k)) Rules.Gt) (places x)) terms
  then Rules.Gt else Rules.Ge.
Definition uses (terms : list product) (equations : list (nat * expr)) (k : nat) : bool :=
  existsb (fun x => existsb (Nat.eqb k) (places x)) terms || existsb (fun x => Nat.eqb k (fst x)) equations.

Definition combination_check (js : list judgment) (terms : list product) (equations : list (nat * expr)) (lo : nat) (j : judgment) : bool :=
  Nat.leb (latest js) lo && forallb (fun x => Z.leb 0 (numerator x)) terms
  && forallb (fun x => same_relation (rel (pick js (fst x))) Rules.Eq) equations
  && forallb (uses terms equations) (seq 0 (length js))
  && concludes lo (any_bounded js) (combination_relation js terms)
       (Plus (sum_of (map (term_of js) terms)) (sum_of (map (equation_of js) equations))) j.

Lemma pick_premise js lo b k r : all js -> (latest js <= lo)%nat -> (any_bounded js = true -> b = true) ->
  weakens (rel (pick js k)) r = true -> premise lo b r (denote (poly (pick js k))).
Proof.
  intros H Hl Hb Hr. apply as_premise; [apply pick_valid, H| | |exact Hr]; unfold pick;
    destruct (nth_in_or_default k js nothing) as [Hin|E].
  - pose proof (latest_le _ _ Hin). lia.
  - rewrite E. simpl. lia.
  - intro E. apply Hb, (any_bounded_in _ _ Hin E).
  - rewrite E. discriminate.
Qed.

Lemma product_of_sound es t i w : denote (product_of es) t i w = Rules.product (map (fun e => denote e t i w) es).
Proof. induction es as [|e es IH]; [reflexivity|]. simpl in *. rewrite IH. reflexivity. Qed.

Lemma sum_of_sound {A} (f : A -> expr) l t i w : denote (sum_of (map f l)) t i w = lsum l (fun x => denote (f x) t i w).
Proof. induction l as [|x l IH]; [reflexivity|]. simpl in *. rewrite IH. reflexivity. Qed.

Lemma number_nonneg n d : (0 <= n)%Z -> 0 <= number n d.
Proof. intro H. unfold number. apply IZR_le in H. destruct d; try exact H; apply Rmult_le_pos; try exact H; left; apply Rinv_0_lt_compat, IZR_lt; lia. Qed.

Lemma number_pos n d : (0 < n)%Z -> 0 < number n d.
Proof. intro H. unfold number. apply IZR_lt in H. destruct d; try exact H; apply Rdiv_lt_0_compat; try exact H; apply IZR_lt; lia. Qed.

Theorem combination js terms equations lo j : all js -> combination_check js terms equations lo j = true -> valid j.
Proof.
  intros H C. unfold combination_check in C. conditions C. apply Nat.leb_le in C.
  rewrite forallb_forall in C3, C2.
  set (b := any_bounded js) in *.
  set (ts := map (fun x => (number (numerator x) (denominator x), map (fun k => denote (poly (pick js k))) (places x),
    map denote (squares x))) terms).
  set (es := map (fun x => (denote (poly (pick js (fst x))), denote (snd x))) equations).
  destruct (Rules.combination idx T T_pos lo b ts es) as [Hge [Heq Hgt]].
  - intros c ps qs Hin. apply in_map_iff in Hin. destruct Hin as [x [E Hx]]. injection E as <- <- <-. split.
    + apply number_nonneg, Z.leb_le, C3, Hx.
    + apply Forall_map, Forall_forall. intros k _. apply pick_premise; auto. unfold weakens. apply orb_true_r.
  - intros e r Hin. apply in_map_iff in Hin. destruct Hin as [x [E Hx]]. injection E as <- <-.
    apply pick_premise; auto. unfold weakens. rewrite (C2 x Hx). reflexivity.
  - refine (concludes_sound _ _ _ _ _ _ C0). clear C0.
    assert (V : forall r, holds lo b r (Rules.combined ts es) ->
      holds lo b r (denote (Plus (sum_of (map (term_of js) terms)) (sum_of (map (equation_of js) equations))))).
    { intros r V t Ht Hb i Hi w. specialize (V t Ht Hb i Hi w).
      replace (denote (Plus (sum_of (map (term_of js) terms)) (sum_of (map (equation_of js) equations))) t i w)
        with (Rules.combined ts es t i w); [exact V|].
      unfold Rules.combined, ts, es. cbn [CertificateTerms.denote]. rewrite !sum_of_sound, !lsum_map. f_equal.
      apply lsum_ext; intro x. cbn [Rules.value term_of CertificateTerms.denote]. rewrite !product_of_sound, !map_map. reflexivity. }
    unfold combination_relation. destruct (empty terms) eqn:Et; [apply V, Heq; unfold ts; destruct terms; [reflexivity|discriminate]|].
    destruct (existsb _ terms) eqn:Ex; [|apply V, Hge]. apply V, Hgt.
    apply existsb_exists in Ex. destruct Ex as [x [Hx Ex]]. conditions Ex. apply Z.ltb_lt in Ex.
    exists (number (numerator x) (denominator x)), (map (fun k => denote (poly (pick js k))) (places x)). split; [|split].
    + apply in_map_iff. exists x. split; [|exact Hx]. destruct (squares x); [reflexivity|discriminate].
    + apply number_pos, Ex.
    + apply Forall_map, Forall_forall. intros k Hk. rewrite forallb_forall in C0. apply pick_premise; auto.
      unfold weakens. rewrite (C0 k Hk). reflexivity.
Qed.

Definition weaken_check (p : judgment) (lo : nat) (r : relation) (j : judgment) : bool :=
  Nat.leb (from p) lo && (Nat.eqb lo (from p) || free_t (poly p)) && weakens (rel p) r && concludes lo (bounded p) r (poly p) j.

Theorem weaken p lo r j : valid p -> weaken_check p lo r j = true -> valid j.
Proof.
  intros H C. unfold weaken_check in C. conditions C. apply Nat.leb_le in C.
  refine (concludes_sound _ _ _ _ _ _ C0).
  exact (Rules.weaken idx T T_pos (from p) lo (bounded p) (rel p) r _ C (weakens_sound _ _ C1) H).
Qed.

Definition instantiate_check (p : judgment) (u : time) (j : judgment) : bool :=
  match u with
  | Free k => implb (bounded p) (Z.leb k 0)
              && concludes (Z.to_nat (Z.of_nat (from p) - k)) (bounded p) (rel p) (subst u (poly p)) j
  | Horizon k => Z.leb (Z.of_nat (from p)) (1 + k) && implb (bounded p) (Z.leb k 0) && concludes 0 false (rel p) (subst u (poly p)) j
  | Absolute n => Nat.leb (from p) n && implb (bounded p) (Nat.leb n 1) && concludes 0 false (rel p) (subst u (poly p)) j
  end.

(** The premise at another time. *)
Lemma moved p u t i w : valid p -> exact_shift T t u -> (from p <= moment T t u)%nat ->
  (bounded p = true -> (moment T t u <= T)%nat) -> In i idx -> Rules.rel (rel p) (denote (subst u (poly p)) t i w).
Proof. intros H E Hf Hb Hi. rewrite (subst_sound idx T value T_pos u t E). apply H; assumption. Qed.

Theorem instantiate p u j : valid p -> instantiate_check p u j = true -> valid j.
Proof.
  intros H C. unfold instantiate_check in C. destruct u as [k|k|n]; conditions C;
    refine (concludes_sound _ _ _ _ _ _ C0); intros t Ht Hb i Hi w; apply moved; try assumption; cbn [exact_shift moment];
    rewrite ?shift_Z; try (intro B; rewrite B in * ).
  - lia.
  - lia.
  - apply Z.leb_le in C. specialize (Hb eq_refl). lia.
  - apply Z.leb_le in C. lia.
  - apply Z.leb_le in C. lia.
  - apply Z.leb_le in C1. lia.
  - exact Logic.I.
  - apply Nat.leb_le in C. lia.
  - apply Nat.leb_le in C1. lia.
Qed.

(** *** The goal: a closed judgment says something about the numbers alone *)

Lemma some_outcome : ~ (S -> False).
Proof.
  intro N. assert (A : 0 < expect (fun _ : S => 0)) by (apply expect_positive; intro w; destruct (N w)).
  rewrite expect_const in A. lra.
Qed.

Lemma relation_dec r x : Rules.rel r x \/ ~ Rules.rel r x.
Proof. destruct r; simpl; [destruct (Req_dec x 0)|destruct (Rle_dec 0 x)|destruct (Rlt_dec 0 x)]; auto. Qed.

Theorem random_goal j (x : S -> R) : idx <> [] -> (forall t i w, denote (poly j) t i w = x w) -> valid j ->
  Nat.eqb (from j) 0 && negb (bounded j) = true -> forall w, Rules.rel (rel j) (x w).
Proof.
  intros Hidx E H C w. conditions C. apply Nat.eqb_eq in C. apply negb_true_iff in C0.
  assert (Hi : exists i, In i idx) by (destruct idx as [|i l]; [contradiction|exists i; left; reflexivity]).
  destruct Hi as [i Hi]. rewrite <- (E O i w). unfold valid in H. rewrite C, C0 in H.
  apply (H O (Nat.le_refl O)); [discriminate|exact Hi].
Qed.

Theorem goal j (x : R) : idx <> [] -> (forall t i w, denote (poly j) t i w = x) -> valid j ->
  Nat.eqb (from j) 0 && negb (bounded j) = true -> Rules.rel (rel j) x.
Proof.
  intros Hidx E H C. destruct (relation_dec (rel j) x) as [R|R]; [exact R|exfalso].
  apply some_outcome; intro w. apply R. exact (random_goal j (fun _ => x) Hidx E H C w).
Qed.
End Steps.
