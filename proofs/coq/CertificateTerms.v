(** The terms of a certificate (docs/certificate.md, section 2) as data, and what they
    denote: a function of the step t, the coordinate i and the outcome w of a [space].

    There is one clause of [denote] per term former.  Atoms are numbers; a [table] says of each whether it has
    coordinates, whether it is random and from which time it exists, and [value] gives it its meaning. *)
From Coq Require Import Reals ZArith Lra Lia List Bool FunctionalExtensionality.
From ADOPT Require Import FiniteSum Space Rules.
Import ListNotations.
Open Scope R_scope.

(** t + k, T + k, n *)
Inductive time := Free (k : Z) | Horizon (k : Z) | Absolute (n : nat).

Inductive expr :=
  | Const (n : Z) (d : positive)                  (* n/d *)
  | Param (x : nat)                               (* an untimed atom *)
  | Atom (x : nat) (u : time)
  | Idx (u : time)                                (* the step number *)
  | Plus (a b : expr) | Minus (a b : expr) | Mul (a b : expr) | Pow (a : expr) (n : nat)
  | SumI (a : expr)                               (* over all coordinates *)
  | Ex (level : option time) (a : expr)           (* given F_level; None: unconditional *)
  | SumT (lo : nat) (a : expr).                   (* over t = lo .. T *)

Record atom := Kind { coordinate : bool; random : bool; first : nat }.

Definition shift (t : nat) (k : Z) : nat :=
  match k with Z0 => t | Zpos p => (t + Pos.to_nat p)%nat | Zneg p => (t - Pos.to_nat p)%nat end.

Lemma shift_Z t k : shift t k = Z.to_nat (Z.of_nat t + k).
Proof. destruct k; simpl; lia. Qed.

(** *** What can be read off a term *)

(** a <= b, whatever t and T are *)
Definition before (a b : time) : bool :=
  match a, b with
  | Absolute O, _ => true
  | Free j, Free k | Horizon j, Horizon k => Z.leb j k
  | Absolute m, Absolute n => Nat.leb m n
  | _, _ => false
  end.

(** The least value of a time, for t >= lo and T >= 1. *)
Definition least (lo : nat) (u : time) : nat :=
  match u with Free k => shift lo k | Horizon k => shift 1 k | Absolute n => n end.

Definition is_free (u : time) : bool := match u with Free _ => true | _ => false end.

(** No time is cut off at 0 for t >= lo. *)
Definition exact (lo : nat) (u : time) : bool :=
  match u with Free k => Z.leb 0 (Z.of_nat lo + k) | Horizon k => Z.leb 0 (1 + k) | Absolute _ => true end.

Section Reading.
Variable table : list atom.
Notation entry x := (nth_error table x).

(** [e] is F_level-measurable for t >= lo; for None: deterministic. *)
Fixpoint known (lo : nat) (level : option time) (e : expr) : bool :=
  match e with
  | Const _ _ | Idx _ => true
  | Param x => match entry x with Some a => negb (random a) | None => false end
  | Atom x u =>
      match entry x with
      | Some a => negb (random a) ||
          match level with Some l => before u l && Nat.leb (first a) (least lo u) | None => false end
      | None => false
      end
  | Plus a b | Minus a b | Mul a b => known lo level a && known lo level b
  | Pow a _ | SumI a => known lo level a
  | Ex None _ => true
  | Ex (Some u) _ => match level with Some l => before u l | None => false end
  | SumT _ a => known 0 None a
  end.

Fixpoint free_i (e : expr) : bool :=
  match e with
  | Const _ _ | Idx _ | SumI _ => false
  | Param x | Atom x _ => match entry x with Some a => coordinate a | None => true end
  | Plus a b | Minus a b | Mul a b => free_i a || free_i b
  | Pow a _ | Ex _ a | SumT _ a => free_i a
  end.

Fixpoint free_t (e : expr) : bool :=
  match e with
  | Const _ _ | Param _ | SumT _ _ => false
  | Atom _ u | Idx u => is_free u
  | Plus a b | Minus a b | Mul a b => free_t a || free_t b
  | Pow a _ | SumI a => free_t a
  | Ex None a => free_t a
  | Ex (Some u) a => is_free u || free_t a
  end.

(** Every atom exists, and no level is negative, for t >= lo. *)
Fixpoint well_formed (lo : nat) (e : expr) : bool :=
  match e with
  | Const _ _ => true
  | Param x => match entry x with Some _ => true | None => false end
  | Atom x u => match entry x with Some a => exact lo u && Nat.leb (first a) (least lo u) | None => false end
  | Idx u => exact lo u
  | Plus a b | Minus a b | Mul a b => well_formed lo a && well_formed lo b
  | Pow a _ | SumI a | Ex None a => well_formed lo a
  | Ex (Some u) a => exact lo u && well_formed lo a
  | SumT lo' a => well_formed lo' a
  end.

Definition begins (x n : nat) : bool := match entry x with Some a => Nat.eqb (first a) n | None => false end.
End Reading.

(** t := u, outside of sums over t *)
Definition at_time (u v : time) : time :=
  match v, u with
  | Free k, Free j => Free (j + k)
  | Free k, Horizon j => Horizon (j + k)
  | Free k, Absolute n => Absolute (shift n k)
  | _, _ => v
  end.

Fixpoint subst (u : time) (e : expr) : expr :=
  match e with
  | Const _ _ | Param _ | SumT _ _ => e
  | Atom x v => Atom x (at_time u v)
  | Idx v => Idx (at_time u v)
  | Plus a b => Plus (subst u a) (subst u b)
  | Minus a b => Minus (subst u a) (subst u b)
  | Mul a b => Mul (subst u a) (subst u b)
  | Pow a n => Pow (subst u a) n
  | SumI a => SumI (subst u a)
  | Ex None a => Ex None (subst u a)
  | Ex (Some v) a => Ex (Some (at_time u v)) (subst u a)
  end.

(** *** What a term denotes *)
Section Denotation.
Context {S : space} {I : Type}.
Variables (idx : list I) (T : nat) (value : nat -> nat -> I -> S -> R).

Definition number (n : Z) (d : positive) : R :=
  match d with xH => IZR n | _ => IZR n / IZR (Zpos d) end.

Definition moment (t : nat) (u : time) : nat :=
  match u with Free k => shift t k | Horizon k => shift T k | Absolute n => n end.

Fixpoint denote (e : expr) (t : nat) (i : I) (w : S) : R :=
  match e with
  | Const n d => number n d
  | Param x => value x O i w
  | Atom x u => value x (moment t u) i w
  | Idx u => INR (moment t u)
  | Plus a b => denote a t i w + denote b t i w
  | Minus a b => denote a t i w - denote b t i w
  | Mul a b => denote a t i w * denote b t i w
  | Pow a n => denote a t i w ^ n
  | SumI a => lsum idx (fun j => denote a t j w)
  | Ex None a => expect (fun w' => denote a t i w')
  | Ex (Some u) a => cond (moment t u) (fun w' => denote a t i w') w
  | SumT lo a => sum_t T lo (fun u => denote a u i w)
  end.

(** The value of an atom is as its table entry says. *)
Record fits (x : nat) (a : atom) : Prop := Fits {
  fits_i : coordinate a = false -> forall t i j w, value x t i w = value x t j w;
  fits_w : random a = false -> forall t i w w', value x t i w = value x t i w';
  fits_measurable : random a = true -> forall t, (first a <= t)%nat -> forall i, measurable t (value x t i) }.

Definition fits_all (table : list atom) : Prop := forall x a, nth_error table x = Some a -> fits x a.

Lemma fits_nil : fits_all [].
Proof. intros [|x] a H; discriminate H. Qed.

Lemma fits_snoc table a : fits_all table -> fits (length table) a -> fits_all (table ++ [a]).
Proof.
  intros H Ha x b E. destruct (Nat.lt_ge_cases x (length table)) as [L|L].
  - apply H. rewrite nth_error_app1 in E by exact L. exact E.
  - rewrite nth_error_app2 in E by exact L. destruct (x - length table)%nat as [|k] eqn:D.
    + simpl in E. injection E as <-. replace x with (length table) by lia. exact Ha.
    + destruct k; discriminate E.
Qed.

Hypothesis T_pos : (1 <= T)%nat.

Lemma before_le a b t : before a b = true -> (moment t a <= moment t b)%nat.
Proof.
  destruct a as [j|j|[|m]], b as [k|k|n]; unfold before; intro H; try discriminate; cbn [moment]; rewrite ?shift_Z;
    try apply Z.leb_le in H; try apply Nat.leb_le in H; lia.
Qed.

Lemma least_le lo u t : (lo <= t)%nat -> (least lo u <= moment t u)%nat.
Proof. intro H. destruct u; simpl; rewrite ?shift_Z; lia. Qed.

Section Sound.
Variable table : list atom.
Hypothesis ok : fits_all table.

Definition level_at (t : nat) (level : option time) : option nat := option_map (moment t) level.

Lemma known_level {A} (level : option nat) (X : S -> A) : (forall w w', X w = X w') -> Rules.known level X.
Proof. destruct level; intros H; [intros w w' _; apply H|exact H]. Qed.

Lemma known_sound e : forall lo level t i, known table lo level e = true -> (lo <= t)%nat ->
  Rules.known (level_at t level) (denote e t i).
Proof.
  assert (two : forall (X Y Z : S -> R) l, (forall w w', X w = X w' -> Y w = Y w' -> Z w = Z w') ->
    Rules.known l X -> Rules.known l Y -> Rules.known l Z)
    by (intros X Y Z [n|] H A B; [intros w w' E; apply H; [apply A, E|apply B, E]|intros w w'; apply H; [apply A|apply B]]).
  induction e as [n d|x|x u|u|a IHa b IHb|a IHa b IHb|a IHa b IHb|a IHa n|a IHa|[u|] a IHa|lo' a IHa];
    intros lo level t i H Ht; simpl in H; try (apply andb_true_iff in H; destruct H as [Ha Hb]).
  - apply known_level; reflexivity.
  - destruct (nth_error table x) as [e|] eqn:E; [|discriminate]. apply negb_true_iff in H.
    apply known_level. intros w w'. apply (fits_w x e (ok x e E) H).
  - destruct (nth_error table x) as [e|] eqn:E; [|discriminate]. destruct (random e) eqn:Er; simpl in H.
    + destruct level as [l|]; [|discriminate]. apply andb_true_iff in H; destruct H as [H1 H2].
      apply Nat.leb_le in H2. pose proof (least_le lo u t Ht). intros w w' Ew.
      apply (fits_measurable x e (ok x e E) Er (moment t u)); [lia|].
      apply (same_mono _ _ _ _ _ (before_le u l t H1) Ew).
    + apply known_level. intros w w'. apply (fits_w x e (ok x e E) Er).
  - apply known_level; reflexivity.
  - apply (two (denote a t i) (denote b t i)); [simpl; congruence|eapply IHa; eassumption|eapply IHb; eassumption].
  - apply (two (denote a t i) (denote b t i)); [simpl; congruence|eapply IHa; eassumption|eapply IHb; eassumption].
  - apply (two (denote a t i) (denote b t i)); [simpl; congruence|eapply IHa; eassumption|eapply IHb; eassumption].
  - apply (two (denote a t i) (denote a t i)); [simpl; congruence|eapply IHa; eassumption|eapply IHa; eassumption].
  - destruct level as [l|]; simpl.
    + intros w w' Ew. apply lsum_ext; intro j. apply (IHa lo (Some l) t j H Ht w w' Ew).
    + intros w w'. apply lsum_ext; intro j. apply (IHa lo None t j H Ht w w').
  - destruct level as [l|]; [|discriminate]. intros w w' Ew. simpl.
    apply (cond_same S (moment t u) (denote a t i)), (same_mono _ _ _ _ _ (before_le u l t H) Ew).
  - apply known_level; reflexivity.
  - apply known_level; intros w w'. simpl. unfold sum_t. apply nsum_ext; intros n _.
    apply (IHa O None (lo' + n)%nat i H (Nat.le_0_l _)).
Qed.

Lemma free_i_sound e : free_i table e = false -> forall t i j w, denote e t i w = denote e t j w.
Proof.
  induction e as [n d|x|x u|u|a IHa b IHb|a IHa b IHb|a IHa b IHb|a IHa n|a IHa|[u|] a IHa|lo' a IHa];
    simpl; intros H t i j w; try (apply orb_false_iff in H; destruct H as [Ha Hb]; rewrite (IHa Ha t i j), (IHb Hb t i j));
    try reflexivity.
  - destruct (nth_error table x) as [e|] eqn:E; [|discriminate]. apply (fits_i x e (ok x e E) H).
  - destruct (nth_error table x) as [e|] eqn:E; [|discriminate]. apply (fits_i x e (ok x e E) H).
  - rewrite (IHa H t i j). reflexivity.
  - apply cond_ext; intro; apply IHa, H.
  - apply expect_ext; intro; apply IHa, H.
  - unfold sum_t. apply nsum_ext; intros n _. apply IHa, H.
Qed.

Lemma is_free_sound u : is_free u = false -> forall t t', moment t u = moment t' u.
Proof. destruct u; simpl; intro H; [discriminate|reflexivity|reflexivity]. Qed.

Lemma free_t_sound e : free_t e = false -> forall t t' i w, denote e t i w = denote e t' i w.
Proof.
  induction e as [n d|x|x u|u|a IHa b IHb|a IHa b IHb|a IHa b IHb|a IHa n|a IHa|[u|] a IHa|lo' a IHa];
    simpl; intros H t t' i w; try (apply orb_false_iff in H; destruct H as [Ha Hb]);
    try (rewrite (IHa Ha t t'), (IHb Hb t t')); try reflexivity.
  - rewrite (is_free_sound u H t t'). reflexivity.
  - rewrite (is_free_sound u H t t'). reflexivity.
  - rewrite (IHa H t t'). reflexivity.
  - apply lsum_ext; intro; apply IHa, H.
  - rewrite (is_free_sound u Ha t t'). apply cond_ext; intro; apply IHa, Hb.
  - apply expect_ext; intro; apply IHa, H.
Qed.
End Sound.

(** Substitution is evaluation elsewhere, where no time is cut off at 0. *)
Definition exact_shift (t : nat) (u : time) : Prop :=
  match u with Free j => (0 <= Z.of_nat t + j)%Z | Horizon j => (0 <= Z.of_nat T + j)%Z | Absolute _ => True end.

Lemma at_time_sound u v t : exact_shift t u -> moment t (at_time u v) = moment (moment t u) v.
Proof. destruct v as [k|k|n], u as [j|j|m]; simpl; intro H; rewrite ?shift_Z; lia. Qed.

Lemma subst_sound u t : exact_shift t u -> forall e i w, denote (subst u e) t i w = denote e (moment t u) i w.
Proof.
  intro H. induction e as [n d|x|x v|v|a IHa b IHb|a IHa b IHb|a IHa b IHb|a IHa n|a IHa|[v|] a IHa|lo' a IHa];
    simpl; intros i w; rewrite ?at_time_sound, ?IHa, ?IHb by exact H; try reflexivity.
  - apply lsum_ext; intro; apply IHa.
  - apply cond_ext; intro; apply IHa.
  - apply expect_ext; intro; apply IHa.
Qed.
End Denotation.
