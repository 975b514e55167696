(** Soundness of the kernel's rules (docs/certificate.md, section 4), one theorem
    per rule, under the rule's own name.

    A term denotes a function of the step t, the coordinate i and the outcome w; a
    judgment (from, bounded, relation, term) denotes that the relation to 0 holds
    for all t >= from (t <= T if bounded), all coordinates and all outcomes.  A
    premise counts for a conclusion with a later [from], see [premise].

    Outcomes are those of a [space]; [Paths.v] is the instance the theorems are
    stated over.  Every variable has an expectation there, so the integrability
    rules say nothing about it; they are stated for an arbitrary class of
    integrable variables with the closure properties of Lebesgue's ([lebesgue]),
    and a side condition "m is covered" of another rule has no counterpart here. *)
From Coq Require Import Reals Lra Psatz List FunctionalExtensionality.
From ADOPT Require Import FiniteSum RealPowers Vector Holder Space.
Import ListNotations.
Open Scope R_scope.

Section Rules.
Context {S : space} {I : Type}.
Variables (idx : list I) (T : nat).
Hypothesis T_pos : (1 <= T)%nat.

Notation term := (nat -> I -> S -> R).
Inductive relation := Eq | Ge | Gt.

Definition rel (r : relation) (x : R) : Prop :=
  match r with Eq => x = 0 | Ge => 0 <= x | Gt => 0 < x end.

Definition holds (from : nat) (bounded : bool) (r : relation) (p : term) : Prop :=
  forall t, (from <= t)%nat -> (bounded = true -> (t <= T)%nat) -> forall i, In i idx -> forall w, rel r (p t i w).

Definition implies (r r' : relation) : Prop := r = r' \/ r' = Ge.

(** [p r 0] is a premise of a conclusion that begins at [from]. *)
Definition premise (from : nat) (bounded : bool) (r : relation) (p : term) : Prop :=
  exists from' bounded' r', (from' <= from)%nat /\ (bounded' = true -> bounded = true) /\ implies r' r /\ holds from' bounded' r' p.

Lemma rel_implies r r' x : implies r r' -> rel r x -> rel r' x.
Proof. intros [-> | ->]; [auto|]. destruct r; simpl; lra. Qed.

Lemma premise_holds from bounded r p : premise from bounded r p -> holds from bounded r p.
Proof.
  intros (from' & b' & r' & Hf & Hb & Hr & H) t Ht Hbt i Hi w.
  apply (rel_implies r' r _ Hr). apply H; [lia|auto|exact Hi].
Qed.

(** The levels of a conditional expectation: a time, or none. *)
Definition E (level : option nat) (X : S -> R) (w : S) : R :=
  match level with None => expect X | Some n => cond n X w end.
Definition known {A} (level : option nat) (X : S -> A) : Prop :=
  match level with None => forall w w', X w = X w' | Some n => measurable n X end.

(** *** Logic and arithmetic *)

Theorem hypothesis (hypotheses : list Prop) h : Forall (fun g => g) hypotheses -> In h hypotheses -> h.
Proof. intros H Hin. exact (proj1 (Forall_forall _ _) H h Hin). Qed.

Definition product (l : list R) : R := fold_right Rmult 1 l.
(** c times the product of the terms [ps] and of the squares of [qs] *)
Definition value (x : R * list term * list term) : term := fun t i w =>
  let '(c, ps, qs) := x in c * (product (map (fun p => p t i w) ps) * product (map (fun q => q t i w ^ 2) qs)).
Definition combined (terms : list (R * list term * list term)) (equations : list (term * term)) : term := fun t i w =>
  lsum terms (fun x => value x t i w) + lsum equations (fun x => fst x t i w * snd x t i w).

Lemma product_nonneg l : Forall (fun x => 0 <= x) l -> 0 <= product l.
Proof. induction 1; simpl; [lra|apply Rmult_le_pos; assumption]. Qed.

Lemma product_pos l : Forall (fun x => 0 < x) l -> 0 < product l.
Proof. induction 1; simpl; [lra|apply Rmult_lt_0_compat; assumption]. Qed.

Lemma sum_pos {A} (l : list A) F : (forall a, In a l -> 0 <= F a) -> (exists a, In a l /\ 0 < F a) -> 0 < lsum l F.
Proof. intros H (a & Ha & Hp). pose proof (lsum_in_le l F a H Ha). lra. Qed.

Theorem combination from bounded terms equations :
  (forall c ps qs, In (c, ps, qs) terms -> 0 <= c /\ Forall (premise from bounded Ge) ps) ->
  (forall e r, In (e, r) equations -> premise from bounded Eq e) ->
  holds from bounded Ge (combined terms equations)
  /\ (terms = [] -> holds from bounded Eq (combined terms equations))
  /\ ((exists c ps, In (c, ps, []) terms /\ 0 < c /\ Forall (premise from bounded Gt) ps) ->
      holds from bounded Gt (combined terms equations)).
Proof.
  intros Ht He.
  assert (HE : forall t, (from <= t)%nat -> (bounded = true -> (t <= T)%nat) -> forall i, In i idx -> forall w,
    lsum equations (fun x => fst x t i w * snd x t i w) = 0).
  { intros t Hft Hb i Hi w. rewrite <- (lsum_zero equations). apply lsum_ext_in; intros [e r] Hin. simpl.
    rewrite (premise_holds _ _ _ _ (He e r Hin) t Hft Hb i Hi w). ring. }
  assert (HV : forall t, (from <= t)%nat -> (bounded = true -> (t <= T)%nat) -> forall i, In i idx -> forall w,
    forall x, In x terms -> 0 <= value x t i w).
  { intros t Hft Hb i Hi w [[c ps] qs] Hin. destruct (Ht c ps qs Hin) as [Hc Hps]. simpl.
    apply Rmult_le_pos; [exact Hc|]. apply Rmult_le_pos; apply product_nonneg; apply Forall_map.
    - eapply Forall_impl; [|exact Hps]. intros p Hp. exact (premise_holds _ _ _ _ Hp t Hft Hb i Hi w).
    - apply Forall_forall. intros q _. apply pow2_ge_0. }
  split; [|split].
  - intros t Hft Hb i Hi w. simpl. unfold combined. rewrite HE by assumption.
    rewrite Rplus_0_r. apply lsum_nonneg; intros x Hx; apply (HV t Hft Hb i Hi w x Hx).
  - intros -> t Hft Hb i Hi w. simpl. unfold combined. rewrite HE by assumption. simpl. ring.
  - intros (c & ps & Hin & Hc & Hps) t Hft Hb i Hi w. simpl. unfold combined. rewrite HE, Rplus_0_r by assumption.
    apply sum_pos; [intros x Hx; apply (HV t Hft Hb i Hi w x Hx)|]. exists (c, ps, []). split; [exact Hin|]. simpl.
    rewrite Rmult_1_r. apply Rmult_lt_0_compat; [exact Hc|]. apply product_pos, Forall_map.
    eapply Forall_impl; [|exact Hps]. intros p Hp. exact (premise_holds _ _ _ _ Hp t Hft Hb i Hi w).
Qed.

Theorem weaken from from' bounded r r' p : (from <= from')%nat -> implies r r' ->
  holds from bounded r p -> holds from' bounded r' p.
Proof. intros Hf Hr H. apply premise_holds. exists from, bounded, r. auto. Qed.

(** t := t+k, t-k, n, T+k, T-k *)
Theorem instantiate from r p :
  (forall k, holds from false r p -> holds (from - k) false r (fun t => p (t + k)%nat))
  /\ (forall k b, holds from b r p -> holds (from + k) b r (fun t => p (t - k)%nat))
  /\ (forall n b, holds from b r p -> (from <= n)%nat -> (b = true -> (n <= 1)%nat) -> holds 0 false r (fun _ => p n))
  /\ (forall k b, holds from b r p -> (from <= 1 + k)%nat -> (b = true -> k = O) -> holds 0 false r (fun _ => p (T + k)%nat))
  /\ (forall k b, holds from b r p -> (from + k <= 1)%nat -> holds 0 false r (fun _ => p (T - k)%nat)).
Proof.
  split; [|split; [|split; [|split]]].
  - intros k H t Ht _ i Hi w. apply H; [lia|discriminate|exact Hi].
  - intros k b H t Ht Hb i Hi w. apply H; [lia|intro; specialize (Hb ltac:(assumption)); lia|exact Hi].
  - intros n b H Hn Hb t _ _ i Hi w. apply H; [exact Hn|intro; specialize (Hb ltac:(assumption)); lia|exact Hi].
  - intros k b H Hk Hb t _ _ i Hi w. apply H; [lia|intro; rewrite (Hb ltac:(assumption)); lia|exact Hi].
  - intros k b H Hk t _ _ i Hi w. apply H; [lia|lia|exact Hi].
Qed.

Theorem induction n (q ratio : term) :
  holds 0 false Ge (fun _ => q n) -> premise (1 + n) false Ge (fun t i w => q t i w - ratio t i w * q (t - 1)%nat i w) ->
  premise (1 + n) false Ge ratio -> holds n false Ge q.
Proof.
  intros Hbase Hstep Hratio t Ht _ i Hi w. apply premise_holds in Hstep. apply premise_holds in Hratio.
  replace t with (n + (t - n))%nat by lia. clear Ht. induction (t - n)%nat as [|m IH].
  - rewrite Nat.add_0_r. apply (Hbase O); [lia|discriminate|exact Hi].
  - pose proof (Hstep (n + Datatypes.S m)%nat ltac:(lia) ltac:(discriminate) i Hi w) as A.
    pose proof (Hratio (n + Datatypes.S m)%nat ltac:(lia) ltac:(discriminate) i Hi w) as B. simpl in *.
    replace (n + Datatypes.S m - 1)%nat with (n + m)%nat in A by lia.
    pose proof (Rmult_le_pos _ _ B IH). lra.
Qed.

Theorem root_monotone from bounded n (larger smaller : term) : (1 <= n)%nat ->
  premise from bounded Ge (fun t i w => larger t i w ^ n - smaller t i w ^ n) -> premise from bounded Ge larger ->
  holds from bounded Ge (fun t i w => larger t i w - smaller t i w).
Proof.
  intros Hn H1 H2 t Ht Hb i Hi w. apply premise_holds in H1. apply premise_holds in H2.
  specialize (H1 t Ht Hb i Hi w). specialize (H2 t Ht Hb i Hi w). simpl in *.
  destruct (Rle_dec (smaller t i w) 0) as [Hs|Hs]; [lra|].
  assert (smaller t i w <= larger t i w) by (apply (pow_le_reg n); [lia|lra|lra|lra]). lra.
Qed.

Theorem clock from : holds from false Ge (fun t _ _ => INR t - INR from).
Proof. intros t Ht _ i _ w. simpl. apply le_INR in Ht. lra. Qed.

Theorem horizon from : holds from true Ge (fun t _ _ => INR T - INR t).
Proof. intros t _ Hb i _ w. simpl. specialize (Hb eq_refl). apply le_INR in Hb. lra. Qed.

(** *** Definitions: each fresh atom exists, with the measurability of its poly *)

Definition adapted_term (p : term) : Prop := forall t i, measurable t (p t i).

Theorem define from (p : term) : adapted_term p ->
  exists x : term, adapted_term x /\ holds from false Eq (fun t i w => x t i w - p t i w).
Proof. intro A. exists p. split; [exact A|]. intros t _ _ i _ w. simpl. ring. Qed.

Definition inverse_of (p : term) : term := fun t i w => / p t i w.

Theorem inverse from (p : term) : holds from false Gt p ->
  holds from false Eq (fun t i w => inverse_of p t i w * p t i w - 1) /\ (adapted_term p -> adapted_term (inverse_of p)).
Proof.
  intro H. split.
  - intros t Ht Hb i Hi w. specialize (H t Ht Hb i Hi w). simpl in *. unfold inverse_of. rewrite Rinv_l by lra. ring.
  - intros A t i w w' E0. unfold inverse_of. rewrite (A t i w w' E0). reflexivity.
Qed.

Definition root_of (n : nat) (p : term) : term := fun t i w => rpow (p t i w) (/ INR n).

Theorem root n from (p : term) : (2 <= n)%nat -> holds from false Ge p ->
  holds from false Eq (fun t i w => root_of n p t i w ^ n - p t i w) /\ (adapted_term p -> adapted_term (root_of n p)).
Proof.
  intros Hn H. assert (Pn : 0 < INR n) by (apply lt_0_INR; lia). split.
  - intros t Ht Hb i Hi w. specialize (H t Ht Hb i Hi w). simpl in *. unfold root_of.
    rewrite (rpow_pow _ (/ INR n) n (INR 1)); [|exact H|lia|simpl; field; lra|simpl; lra].
    rewrite rpow_nat by (assumption || lia). ring.
  - intros A t i w w' E0. unfold root_of. rewrite (A t i w w' E0). reflexivity.
Qed.

Theorem sign from n (p : term) :
  (holds from false Gt p -> holds from false Gt (inverse_of p)) /\ (holds from false Ge p -> holds from false Ge (root_of n p)).
Proof.
  split; intros H t Ht Hb i Hi w; specialize (H t Ht Hb i Hi w); simpl in *.
  - apply Rinv_0_lt_compat, H.
  - apply rpow_nonneg.
Qed.

Definition logarithm_of (p : term) : term := fun t i w => ln (p t i w).

(** The conclusion of the rule is 0 = 0: it only introduces the atom. *)
Theorem logarithm from (p : term) : holds from false Gt p ->
  (adapted_term p -> adapted_term (logarithm_of p)) /\ holds 0 false Eq (fun _ _ _ => 0).
Proof.
  intros _. split; [|intros t _ _ i _ w; reflexivity].
  intros A t i w w' E0. unfold logarithm_of. rewrite (A t i w w' E0). reflexivity.
Qed.

(** X (ln X - ln Y) - X + Y >= 0 *)
Theorem log_tangent from (X Y : term) : holds from false Gt X -> holds from false Gt Y ->
  holds from false Ge (fun t i w => X t i w * (logarithm_of X t i w - logarithm_of Y t i w) - X t i w + Y t i w).
Proof.
  intros HX HY t Ht Hb i Hi w. specialize (HX t Ht Hb i Hi w). specialize (HY t Ht Hb i Hi w). simpl in *.
  unfold logarithm_of. set (x := X t i w) in *. set (y := Y t i w) in *.
  pose proof (ln_tangent x y HX HY) as A. apply Rmult_le_compat_l with (r := x) in A; [|lra].
  replace (x * (ln x + (y - x) / x)) with (x * ln x + y - x) in A by (field; lra). lra.
Qed.

(** x is the least value over t = 1..T of a deterministic term *)
Theorem minimum (p : nat -> R) : holds 1 true Ge (fun t _ _ => p t - min_1_to p T).
Proof. intros t Ht Hb i _ w. simpl. pose proof (min_1_to_le p T t ltac:(specialize (Hb eq_refl); lia)). lra. Qed.

(** *** The objective.  A point is a process x with f(x) and grad f(x). *)
Variables (f : (I -> R) -> R) (nf : (I -> R) -> I -> R) (L f_inf : R).

(** The conclusion of the rule is 0 = 0: it only introduces the two atoms. *)
Theorem point (x : nat -> S -> I -> R) : (forall t, measurable t (x t)) ->
  (forall t, measurable t (fun w => f (x t w))) /\ (forall t, measurable t (fun w => nf (x t w)))
  /\ holds 0 false Eq (fun _ _ _ => 0).
Proof.
  intro A. split; [intro t; apply (measurable_map t f), A|split; [intro t; apply (measurable_map t nf), A|]].
  intros t _ _ i _ w. reflexivity.
Qed.

Theorem lower_bound from (x : nat -> S -> I -> R) : (forall y, f_inf <= f y) ->
  holds from false Ge (fun t _ w => f (x t w) - f_inf).
Proof. intros H t _ _ i _ w. simpl. pose proof (H (x t w)). lra. Qed.

Theorem lipschitz from (x y : nat -> S -> I -> R) : 0 <= L -> Vector.lipschitz idx L nf ->
  holds from false Ge (fun t _ w => L ^ 2 * lsum idx (fun i => (x t w i - y t w i) ^ 2)
                                    - lsum idx (fun i => (nf (x t w) i - nf (y t w) i) ^ 2)).
Proof.
  intros HL H t _ _ i _ w. cbn [rel]. pose proof (lipschitz_sq idx L nf HL H (x t w) (y t w)) as A.
  unfold nrm2, vsub in A. lra.
Qed.

Theorem descent from (x y : nat -> S -> I -> R) : 0 <= L -> is_gradient idx f nf -> Vector.lipschitz idx L nf ->
  holds from false Ge (fun t _ w => f (x t w) + lsum idx (fun i => nf (x t w) i * (y t w i - x t w i))
                                    + L / 2 * lsum idx (fun i => (y t w i - x t w i) ^ 2) - f (y t w)).
Proof.
  intros HL Hg H t _ _ i _ w. cbn [rel].
  pose proof (Vector.descent idx f nf L HL Hg H (x t w) (fun i => y t w i - x t w i)) as A.
  replace (line (x t w) (fun i => y t w i - x t w i) 1) with (y t w) in A
    by (apply functional_extensionality; intro; unfold line; ring).
  unfold nrm2, dot in A. lra.
Qed.

(** *** Expectation.  [level] may depend on t. *)

Lemma E_le level X Y w : (forall w, X w <= Y w) -> E level X w <= E level Y w.
Proof. intro H. destruct level; simpl; [apply cond_le, H|apply expect_le, H]. Qed.
Lemma E_zero level w : E level (fun _ => 0) w = 0.
Proof. destruct level; simpl; [apply cond_const|apply expect_const]. Qed.
Lemma E_pos level X w : (forall w, 0 < X w) -> 0 < E level X w.
Proof. intro H. destruct level; simpl; [apply cond_positive, H|apply expect_positive, H]. Qed.
Lemma E_plus level X Y w : E level (fun w => X w + Y w) w = E level X w + E level Y w.
Proof. destruct level; simpl; [apply cond_plus|apply expect_plus]. Qed.
Lemma E_scal level c X w : E level (fun w => c * X w) w = c * E level X w.
Proof. destruct level; simpl; [apply cond_scal|apply expect_scal]. Qed.
(** the normal form: a known factor comes out, E goes into the sum over i, E of E collapses *)
Lemma E_pull level Z X w : known level Z -> E level (fun w => Z w * X w) w = Z w * E level X w.
Proof.
  destruct level as [n|]; simpl; intro H; [apply cond_pull, H|].
  rewrite (expect_ext _ (fun w' => Z w * X w')) by (intro w'; rewrite (H w' w); reflexivity). apply expect_scal.
Qed.
Lemma E_sum level {A} (l : list A) X w : E level (fun w => lsum l (fun a => X a w)) w = lsum l (fun a => E level (X a) w).
Proof. destruct level; simpl; [apply cond_sum|apply expect_sum]. Qed.

Theorem expectation from bounded r (p : term) (level : nat -> option nat) :
  holds from bounded r p -> holds from bounded r (fun t i w => E (level t) (p t i) w).
Proof.
  intros H t Ht Hb i Hi w. specialize (H t Ht Hb i Hi). destruct r; simpl in *.
  - rewrite <- (E_zero (level t) w). f_equal. apply functional_extensionality, H.
  - rewrite <- (E_zero (level t) w). apply E_le, H.
  - apply E_pos, H.
Qed.

(** E[y x | outer] = E[y E[x | n] | outer] for outer <= n or unconditional *)
Theorem tower from (y x : term) (level : nat -> nat) (outer : nat -> option nat) :
  (forall t i, measurable (level t) (y t i)) -> (forall t n, outer t = Some n -> (n <= level t)%nat) ->
  holds from false Eq (fun t i w => E (outer t) (fun w => y t i w * x t i w) w
                                    - E (outer t) (fun w => y t i w * cond (level t) (x t i) w) w).
Proof.
  intros Hy Ho t _ _ i _ w. simpl.
  assert (A : (fun w => y t i w * cond (level t) (x t i) w) = cond (level t) (fun w => y t i w * x t i w))
    by (apply functional_extensionality; intro w'; symmetry; apply cond_pull, Hy).
  rewrite A. destruct (outer t) as [n|] eqn:En; simpl.
  - rewrite cond_tower by (apply (Ho t n En)). ring.
  - rewrite expect_cond. ring.
Qed.

(** Integrable variables: any class with these closure properties of Lebesgue's.  On the
    space of noise paths every variable is integrable ([all_integrable]). *)
Record lebesgue (Int : (S -> R) -> Prop) : Prop := {
  int_plus : forall X Y, Int X -> Int Y -> Int (fun w => X w + Y w);
  int_abs : forall X, Int X -> Int (fun w => Rabs (X w));
  int_dominated : forall X Y, Int Y -> (forall w, Rabs (X w) <= Y w) -> Int X;
  int_cond : forall n X, Int X -> Int (cond n X) }.

Lemma all_integrable : lebesgue (fun _ => True).
Proof. split; auto. Qed.

Variable Int : (S -> R) -> Prop.
Hypothesis HInt : lebesgue Int.

Definition integrable from bounded (m : term) : Prop :=
  forall t, (from <= t)%nat -> (bounded = true -> (t <= T)%nat) -> forall i, In i idx -> Int (m t i).

Theorem integrable_conditional from bounded (y x : term) (level : nat -> nat) :
  (forall t i, measurable (level t) (y t i)) -> integrable from bounded (fun t i w => y t i w * x t i w) ->
  integrable from bounded (fun t i w => y t i w * cond (level t) (x t i) w).
Proof.
  intros Hy H t Ht Hb i Hi. specialize (H t Ht Hb i Hi).
  replace (fun w => y t i w * cond (level t) (x t i) w) with (cond (level t) (fun w => y t i w * x t i w))
    by (apply functional_extensionality; intro w; apply cond_pull, Hy).
  apply (int_cond Int HInt), H.
Qed.

Lemma between X U V : Int U -> Int V -> (forall w, 0 <= U w - X w) -> (forall w, 0 <= V w + X w) -> Int X.
Proof.
  intros HU HV H1 H2. apply (int_dominated Int HInt X (fun w => Rabs (U w) + Rabs (V w))).
  - apply (int_plus Int HInt); apply (int_abs Int HInt); assumption.
  - intro w. specialize (H1 w). specialize (H2 w). pose proof (Rle_abs (U w)). pose proof (Rle_abs (V w)).
    pose proof (Rabs_pos (U w)). pose proof (Rabs_pos (V w)). apply Rabs_le. lra.
Qed.

Theorem dominated from bounded (m U V : term) :
  integrable from bounded U -> integrable from bounded V ->
  premise from bounded Ge (fun t i w => U t i w - m t i w) -> premise from bounded Ge (fun t i w => V t i w + m t i w) ->
  integrable from bounded m.
Proof.
  intros HU HV H1 H2 t Ht Hb i Hi. apply premise_holds in H1. apply premise_holds in H2.
  apply (between _ (U t i) (V t i)); [apply HU|apply HV|intro; apply H1|intro; apply H2]; assumption.
Qed.

(** The bounds may use m at the step before. *)
Theorem dominated_induction n (m U V : term) :
  (forall i, In i idx -> Int (m n i)) ->
  (forall t, (1 + n <= t)%nat -> forall i, In i idx -> Int (m (t - 1)%nat i) -> Int (U t i) /\ Int (V t i)) ->
  premise (1 + n) false Ge (fun t i w => U t i w - m t i w) -> premise (1 + n) false Ge (fun t i w => V t i w + m t i w) ->
  integrable n false m.
Proof.
  intros Hbase HUV H1 H2 t Ht _ i Hi. apply premise_holds in H1. apply premise_holds in H2.
  replace t with (n + (t - n))%nat by lia. clear Ht. induction (t - n)%nat as [|k IH].
  - rewrite Nat.add_0_r. apply Hbase, Hi.
  - set (u := (n + Datatypes.S k)%nat). assert (Eu : (u - 1)%nat = (n + k)%nat) by (unfold u; lia).
    destruct (HUV u ltac:(unfold u; lia) i Hi) as [HU HV]; [rewrite Eu; exact IH|].
    apply (between _ (U u i) (V u i) HU HV); intro w; [apply H1|apply H2]; try discriminate; try exact Hi; unfold u; lia.
Qed.

(** *** Hoelder, for E given a level, for the sum over i, for the sum over t *)

Lemma exp_nat x n : exp x ^ n = exp (INR n * x).
Proof. induction n as [|n IH]; [simpl; rewrite Rmult_0_l, exp_0; reflexivity|]. rewrite S_INR. simpl pow. rewrite IH, <- exp_plus. f_equal. ring. Qed.

(** Weighted arithmetic and geometric means. *)
Lemma amgm a b x y : (1 <= a)%nat -> (1 <= b)%nat -> 0 <= x -> 0 <= y ->
  x ^ a * y ^ b <= ((INR a * x + INR b * y) / INR (a + b)) ^ (a + b).
Proof.
  intros Ha Hb Hx Hy. assert (Pa : 0 < INR a) by (apply lt_0_INR; lia). assert (Pb : 0 < INR b) by (apply lt_0_INR; lia).
  set (m := (INR a * x + INR b * y) / INR (a + b)).
  assert (En : INR (a + b) = INR a + INR b) by apply plus_INR.
  assert (Ax : 0 <= INR a * x) by (apply Rmult_le_pos; lra). assert (By : 0 <= INR b * y) by (apply Rmult_le_pos; lra).
  assert (Pm : 0 <= m) by (apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat; lra]).
  destruct (Rle_lt_or_eq_dec 0 m Pm) as [Mp|M0].
  - assert (Em : INR a * (x / m - 1) + INR b * (y / m - 1) = 0).
    { assert (Z : INR a * x + INR b * y = m * (INR a + INR b)) by (unfold m; rewrite En; field; lra).
      replace (INR a * (x / m - 1) + INR b * (y / m - 1)) with ((INR a * x + INR b * y) / m - (INR a + INR b)) by (field; lra).
      rewrite Z. field. lra. }
    assert (K : forall z, 0 <= z -> 0 <= z / m <= exp (z / m - 1)).
    { intros z Hz. split; [apply Rmult_le_pos; [exact Hz|left; apply Rinv_0_lt_compat, Mp]|].
      pose proof (exp_ineq1_le (z / m - 1)). lra. }
    assert (C : (x / m) ^ a * (y / m) ^ b <= 1).
    { apply Rle_trans with (exp (x / m - 1) ^ a * exp (y / m - 1) ^ b).
      - destruct (K x Hx), (K y Hy). apply Rmult_le_compat; try (apply pow_le; assumption); apply pow_incr; split; assumption.
      - rewrite !exp_nat, <- exp_plus, Em, exp_0. apply Rle_refl. }
    replace (x ^ a * y ^ b) with (m ^ (a + b) * ((x / m) ^ a * (y / m) ^ b)).
    + rewrite <- (Rmult_1_r (m ^ (a + b))) at 2. apply Rmult_le_compat_l; [apply pow_le, Pm|exact C].
    + unfold Rdiv. rewrite !Rpow_mult_distr, pow_add, !pow_inv. field. split; apply pow_nonzero; lra.
  - assert (Z : INR a * x + INR b * y = 0).
    { replace (INR a * x + INR b * y) with (m * (INR a + INR b)) by (unfold m; rewrite En; field; lra). rewrite <- M0. ring. }
    assert (Zx : x = 0) by (apply (Rmult_eq_reg_l (INR a)); lra).
    rewrite Zx, pow_i, Rmult_0_l by lia. apply pow_le, Pm.
Qed.

(** From all the weighted means to the product. *)
Lemma product_from_means a b x q z : (1 <= a)%nat -> (1 <= b)%nat -> 0 <= q -> 0 <= z -> 0 <= x ->
  (forall s, 0 < s -> INR (a + b) * x <= INR a * s ^ b * q + INR b * / s ^ a * z) -> x ^ (a + b) <= q ^ a * z ^ b.
Proof.
  intros Ha Hb Hq Hz Hx H. assert (Pa : 0 < INR a) by (apply lt_0_INR; lia). assert (Pb : 0 < INR b) by (apply lt_0_INR; lia).
  assert (En : INR (a + b) = INR a + INR b) by apply plus_INR.
  assert (Small : forall c k m, (1 <= m)%nat -> 0 <= c -> 0 < k -> (forall s, 1 <= s -> k * x <= c * / s ^ m) -> x = 0).
  { intros c k m Hm Hc Hk Hs. destruct (Rle_lt_or_eq_dec 0 x Hx) as [Px|<-]; [exfalso|reflexivity].
    assert (Pkx : 0 < k * x) by (apply Rmult_lt_0_compat; assumption).
    set (s := 1 + c / (k * x)).
    assert (Hc' : 0 <= c / (k * x)) by (apply Rmult_le_pos; [exact Hc|left; apply Rinv_0_lt_compat, Pkx]).
    assert (S1 : 1 <= s) by (unfold s; lra). pose proof (Hs s S1) as B.
    assert (Ps : s <= s ^ m).
    { destruct m as [|m]; [lia|]. simpl. rewrite <- (Rmult_1_r s) at 1. apply Rmult_le_compat_l; [lra|apply pow_R1_Rle, S1]. }
    assert (Psm : 0 < s ^ m) by lra.
    apply Rmult_le_compat_r with (r := s ^ m) in B; [|lra]. rewrite (Rmult_assoc c), Rinv_l, Rmult_1_r in B by lra.
    assert (k * x * s <= k * x * s ^ m) by (apply Rmult_le_compat_l; lra).
    replace (k * x * s) with (k * x + c) in H0 by (unfold s; field; lra). lra. }
  destruct (Rle_lt_or_eq_dec 0 q Hq) as [Pq|Eq0]; [destruct (Rle_lt_or_eq_dec 0 z Hz) as [Pz|Ez0]|].
  - set (n := (a + b)%nat) in *. set (s := rpow (z / q) (/ INR n)).
    assert (Pzq : 0 < z / q) by (apply Rdiv_lt_0_compat; assumption).
    assert (Esn : s ^ n = z / q).
    { unfold s. rewrite (rpow_pow _ (/ INR n) n (INR 1)); [|lra|unfold n; lia|simpl; field; apply not_0_INR; unfold n; lia|simpl; lra].
      rewrite rpow_nat by (lra || lia). ring. }
    assert (Ps : 0 < s).
    { destruct (Rle_lt_or_eq_dec 0 s (rpow_nonneg _ _)) as [P|E0]; [exact P|].
      rewrite <- E0, pow_i in Esn by (unfold n; lia). lra. }
    assert (Psa : 0 < s ^ a) by (apply pow_lt, Ps). assert (Psb : 0 < s ^ b) by (apply pow_lt, Ps).
    assert (Ez : z = q * (s ^ a * s ^ b)) by (rewrite <- pow_add; fold n; rewrite Esn; field; lra).
    pose proof (H s Ps) as B. rewrite Ez in B at 1.
    replace (INR a * s ^ b * q + INR b * / s ^ a * (q * (s ^ a * s ^ b))) with (INR n * (s ^ b * q)) in B
      by (rewrite En; field; lra).
    assert (Xb : x <= s ^ b * q) by (apply Rmult_le_reg_l with (INR n); [lra|exact B]).
    apply Rle_trans with ((s ^ b * q) ^ n); [apply pow_incr; lra|]. right.
    rewrite Rpow_mult_distr, <- pow_mult, Nat.mul_comm, pow_mult, Esn. unfold n. rewrite pow_add. unfold Rdiv.
    rewrite Rpow_mult_distr, pow_inv. field. apply pow_nonzero. lra.
  - assert (x = 0).
    { apply (Small (INR a * q) (INR (a + b)) b Hb); [apply Rmult_le_pos; lra|lra|]. intros s Hs.
      assert (Pi : 0 < / s) by (apply Rinv_0_lt_compat; lra). pose proof (H (/ s) Pi) as B. rewrite <- Ez0, Rmult_0_r, Rplus_0_r, pow_inv in B. lra. }
    rewrite H0, pow_i by lia. apply Rmult_le_pos; apply pow_le; assumption.
  - assert (x = 0).
    { apply (Small (INR b * z) (INR (a + b)) a Ha); [apply Rmult_le_pos; lra|lra|]. intros s Hs.
      pose proof (H s ltac:(lra)) as B. rewrite <- Eq0, Rmult_0_r, Rplus_0_l in B. lra. }
    rewrite H0, pow_i by lia. apply Rmult_le_pos; apply pow_le; assumption.
Qed.

(** A positive linear functional on the functions of some domain. *)
Lemma holder_functional {X : Type} (domain : X -> Prop) (Phi : (X -> R) -> R) a b (q z u : X -> R) :
  (forall F G, (forall x, domain x -> F x <= G x) -> Phi F <= Phi G) ->
  (forall F G, Phi (fun x => F x + G x) = Phi F + Phi G) -> (forall c F, Phi (fun x => c * F x) = c * Phi F) ->
  (1 <= a)%nat -> (1 <= b)%nat -> (forall x, domain x -> 0 <= q x) -> (forall x, domain x -> 0 <= z x) ->
  (forall x, domain x -> 0 <= q x ^ a * z x ^ b - u x ^ (a + b)) -> 0 <= Phi q ^ a * Phi z ^ b - Phi u ^ (a + b).
Proof.
  intros Mono Plus Scal Ha Hb Hq Hz H.
  assert (P0 : forall F, (forall x, domain x -> 0 <= F x) -> 0 <= Phi F).
  { intros F HF. replace 0 with (Phi (fun x => 0 * F x)) by (rewrite Scal; ring).
    apply Mono; intros x Dx. rewrite Rmult_0_l. apply HF, Dx. }
  assert (Pn : 0 < INR (a + b)) by (apply lt_0_INR; lia).
  (* pointwise means, for |u| when a+b is even and for u when it is odd *)
  assert (Means : forall sg, (sg = 1 \/ (sg = -1 /\ Nat.Even (a + b))) -> forall s, 0 < s ->
    INR (a + b) * (sg * Phi u) <= INR a * s ^ b * Phi q + INR b * / s ^ a * Phi z).
  { intros sg Hsg s Hs. rewrite <- !Scal, <- Plus. apply Mono; intros x Dx.
    assert (Psa : 0 < s ^ a) by (apply pow_lt, Hs). assert (Psb : 0 < s ^ b) by (apply pow_lt, Hs).
    assert (Pi : 0 < / s ^ a) by (apply Rinv_0_lt_compat, Psa).
    pose proof (amgm a b (s ^ b * q x) (/ s ^ a * z x) Ha Hb ltac:(apply Rmult_le_pos; [lra|apply Hq, Dx]) ltac:(apply Rmult_le_pos; [lra|apply Hz, Dx])) as A.
    replace ((s ^ b * q x) ^ a * (/ s ^ a * z x) ^ b) with (q x ^ a * z x ^ b) in A.
    2:{ rewrite !Rpow_mult_distr, <- pow_inv, <- !pow_mult, (Nat.mul_comm b a).
        assert (Z : s ^ (a * b) * (/ s) ^ (a * b) = 1) by (rewrite <- Rpow_mult_distr, Rinv_r, pow1 by lra; reflexivity).
        replace (s ^ (a * b) * q x ^ a * ((/ s) ^ (a * b) * z x ^ b)) with (s ^ (a * b) * (/ s) ^ (a * b) * (q x ^ a * z x ^ b)) by ring.
        rewrite Z. ring. }
    set (m := (INR a * (s ^ b * q x) + INR b * (/ s ^ a * z x)) / INR (a + b)) in *.
    assert (Em : INR (a + b) * m = INR a * s ^ b * q x + INR b * / s ^ a * z x) by (unfold m; field; split; lra).
    assert (Pm : 0 <= m).
    { apply Rmult_le_pos; [|left; apply Rinv_0_lt_compat, Pn]. apply Rplus_le_le_0_compat.
      - apply Rmult_le_pos; [apply pos_INR|apply Rmult_le_pos; [lra|apply Hq, Dx]].
      - apply Rmult_le_pos; [apply pos_INR|apply Rmult_le_pos; [lra|apply Hz, Dx]]. }
    rewrite <- Em. apply Rmult_le_compat_l; [lra|].
    destruct (Rle_dec (sg * u x) 0) as [|N]; [lra|].
    apply (pow_le_reg (a + b)); [lia|exact Pm| |lra].
    assert (Eu : (sg * u x) ^ (a + b) = u x ^ (a + b)).
    { rewrite Rpow_mult_distr. destruct Hsg as [-> | [-> [k Hk]]]; [rewrite pow1; ring|].
      rewrite Hk, !pow_mult. replace ((-1) ^ 2) with 1 by ring. rewrite pow1. ring. }
    rewrite Eu. pose proof (H x Dx). lra. }
  destruct (Rle_dec 0 (Phi u)) as [Pu|Nu].
  - pose proof (product_from_means a b (Phi u) (Phi q) (Phi z) Ha Hb (P0 q Hq) (P0 z Hz) Pu) as R.
    assert (0 <= Phi q ^ a * Phi z ^ b - Phi u ^ (a + b)); [|assumption].
    assert (Phi u ^ (a + b) <= Phi q ^ a * Phi z ^ b); [apply R|lra].
    intros s Hs. pose proof (Means 1 (or_introl eq_refl) s Hs) as B. rewrite Rmult_1_l in B. exact B.
  - assert (0 <= Phi q ^ a * Phi z ^ b) by (apply Rmult_le_pos; apply pow_le, P0; assumption).
    destruct (Nat.Even_or_Odd (a + b)) as [Ev|[k Od]].
    + pose proof (product_from_means a b (- Phi u) (Phi q) (Phi z) Ha Hb (P0 q Hq) (P0 z Hz) ltac:(lra)) as R.
      assert (Eu : (- Phi u) ^ (a + b) = Phi u ^ (a + b)).
      { destruct Ev as [k ->]. rewrite !pow_mult. f_equal. ring. }
      rewrite Eu in R. assert (Phi u ^ (a + b) <= Phi q ^ a * Phi z ^ b); [apply R|lra].
      intros s Hs. pose proof (Means (-1) (or_intror (conj eq_refl Ev)) s Hs) as B.
      replace (-1 * Phi u) with (- Phi u) in B by ring. exact B.
    + assert (Phi u ^ (a + b) <= 0).
      { rewrite Od, pow_add, pow_mult, pow_1. pose proof (pow_le (Phi u ^ 2) k (pow2_ge_0 _)).
        replace ((Phi u ^ 2) ^ k * Phi u) with (- ((Phi u ^ 2) ^ k * - Phi u)) by ring.
        assert (0 <= (Phi u ^ 2) ^ k * - Phi u) by (apply Rmult_le_pos; lra). lra. }
      lra.
Qed.

Definition sum_t (from : nat) (p : nat -> R) : R := nsum (fun n => p (from + n)%nat) (T + 1 - from).

Lemma sum_t_le from p q : (forall t, (from <= t <= T)%nat -> p t <= q t) -> sum_t from p <= sum_t from q.
Proof. intro H. apply nsum_le; intros n Hn. apply H. lia. Qed.

Theorem holder a b : (1 <= a)%nat -> (1 <= b)%nat ->
  (forall from bounded (q z u : term) level,
     premise from bounded Ge (fun t i w => q t i w ^ a * z t i w ^ b - u t i w ^ (a + b)) ->
     premise from bounded Ge q -> premise from bounded Ge z ->
     holds from bounded Ge (fun t i w => E (level t) (q t i) w ^ a * E (level t) (z t i) w ^ b - E (level t) (u t i) w ^ (a + b)))
  /\ (forall from bounded (q z u : term),
     premise from bounded Ge (fun t i w => q t i w ^ a * z t i w ^ b - u t i w ^ (a + b)) ->
     premise from bounded Ge q -> premise from bounded Ge z ->
     holds from bounded Ge (fun t _ w => lsum idx (fun i => q t i w) ^ a * lsum idx (fun i => z t i w) ^ b
                                         - lsum idx (fun i => u t i w) ^ (a + b)))
  /\ (forall from (q z u : nat -> R),
     premise from true Ge (fun t _ _ => q t ^ a * z t ^ b - u t ^ (a + b)) ->
     premise from true Ge (fun t _ _ => q t) -> premise from true Ge (fun t _ _ => z t) ->
     holds 0 false Ge (fun _ _ _ => sum_t from q ^ a * sum_t from z ^ b - sum_t from u ^ (a + b))).
Proof.
  intros Ha Hb. split; [|split].
  - intros from bounded q z u level H Hq Hz t Ht Hbt i Hi w.
    apply premise_holds in H. apply premise_holds in Hq. apply premise_holds in Hz.
    apply (holder_functional (fun _ => True) (fun X => E (level t) X w) a b (q t i) (z t i) (u t i)); try assumption.
    + intros F G HFG. apply E_le; intro w'. apply HFG. exact Logic.I.
    + intros; apply E_plus.
    + intros; apply E_scal.
    + intros w' _. apply (Hq t Ht Hbt i Hi w').
    + intros w' _. apply (Hz t Ht Hbt i Hi w').
    + intros w' _. apply (H t Ht Hbt i Hi w').
  - intros from bounded q z u H Hq Hz t Ht Hbt i0 _ w.
    apply premise_holds in H. apply premise_holds in Hq. apply premise_holds in Hz.
    apply (holder_functional (fun i => In i idx) (lsum idx) a b (fun i => q t i w) (fun i => z t i w) (fun i => u t i w)); try assumption.
    + intros F G HFG. apply lsum_le_in, HFG.
    + intros; apply lsum_plus.
    + intros; apply lsum_scal.
    + intros i Hi. apply (Hq t Ht Hbt i Hi w).
    + intros i Hi. apply (Hz t Ht Hbt i Hi w).
    + intros i Hi. apply (H t Ht Hbt i Hi w).
  - intros from q z u H Hq Hz t0 _ _ i Hi w.
    apply premise_holds in H. apply premise_holds in Hq. apply premise_holds in Hz.
    apply (holder_functional (fun t => (from <= t <= T)%nat) (sum_t from) a b q z u); try assumption.
    + apply sum_t_le.
    + intros F G. apply nsum_plus.
    + intros c F. apply nsum_scal.
    + intros t [H1 H2]. apply (Hq t H1 (fun _ => H2) i Hi w).
    + intros t [H1 H2]. apply (Hz t H1 (fun _ => H2) i Hi w).
    + intros t [H1 H2]. apply (H t H1 (fun _ => H2) i Hi w).
Qed.

(** *** Sums *)

Theorem sum_coordinates from bounded r (p : term) : holds from bounded r p ->
  holds from bounded r (fun t _ w => lsum idx (fun i => p t i w)).
Proof.
  intros H t Ht Hb i0 Hi0 w. destruct r; simpl.
  - rewrite <- (lsum_zero idx). apply lsum_ext_in; intros i Hi. apply (H t Ht Hb i Hi w).
  - apply lsum_nonneg; intros i Hi. apply (H t Ht Hb i Hi w).
  - apply sum_pos; [intros i Hi; left; apply (H t Ht Hb i Hi w)|]. exists i0. split; [exact Hi0|apply (H t Ht Hb i0 Hi0 w)].
Qed.

Theorem single_coordinate from bounded (p : term) : premise from bounded Ge p ->
  holds from bounded Ge (fun t i w => lsum idx (fun j => p t j w) - p t i w).
Proof.
  intros H t Ht Hb i Hi w. apply premise_holds in H. simpl.
  pose proof (lsum_in_le idx (fun j => p t j w) i (fun j Hj => H t Ht Hb j Hj w) Hi). lra.
Qed.

(** [>] becomes [>=]: the range from..T may be empty *)
Theorem sum_steps from from' bounded (p : nat -> R) : (from <= from')%nat ->
  (holds from bounded Eq (fun t _ _ => p t) -> holds 0 false Eq (fun _ _ _ => sum_t from' p))
  /\ (premise from bounded Ge (fun t _ _ => p t) -> holds 0 false Ge (fun _ _ _ => sum_t from' p)).
Proof.
  intro Hf. split; intros H t0 _ _ i Hi w; simpl; unfold sum_t.
  - rewrite (nsum_ext _ (fun _ => 0)); [rewrite nsum_const; ring|]. intros n Hn.
    exact (H (from' + n)%nat ltac:(lia) ltac:(intros _; lia) i Hi w).
  - apply nsum_nonneg; intros n Hn. apply premise_holds in H.
    exact (H (from' + n)%nat ltac:(lia) ltac:(intros _; lia) i Hi w).
Qed.

Theorem telescope from (q : nat -> R) : (1 <= from <= 2)%nat ->
  holds 0 false Eq (fun _ _ _ => sum_t from q - sum_t from (fun t => q (t - 1)%nat) - q T + q (from - 1)%nat).
Proof.
  intros Hf t0 _ _ i _ w. simpl. unfold sum_t.
  assert (A : forall n, nsum (fun n => q (from + n)%nat) n - nsum (fun n => q (from + n - 1)%nat) n
                        = q (from + n - 1)%nat - q (from - 1)%nat).
  { induction n as [|n IH]; [simpl; rewrite Nat.add_0_r; ring|]. cbn [nsum].
    replace (from + Datatypes.S n - 1)%nat with (from + n)%nat by lia. lra. }
  pose proof (A (T + 1 - from)%nat) as B. replace (from + (T + 1 - from) - 1)%nat with T in B by lia. lra.
Qed.

Theorem first_term from (q : nat -> R) : (from <= 1)%nat ->
  holds 0 false Eq (fun _ _ _ => sum_t from q - sum_t (from + 1) q - q from).
Proof.
  intros Hf t0 _ _ i _ w. simpl. unfold sum_t.
  replace (T + 1 - from)%nat with (Datatypes.S (T + 1 - (from + 1)))%nat by lia.
  rewrite nsum_S, Nat.add_0_r.
  rewrite (nsum_ext (fun j => q (from + Datatypes.S j)%nat) (fun n => q (from + 1 + n)%nat)); [ring|].
  intros j _. f_equal. lia.
Qed.

End Rules.
