(** The normal form of terms (docs/certificate.md, section 2), as a function [normal_form] that is
    proved to keep what a term denotes.  Two terms are equal if [zero] says so of their difference. *)
From Coq Require Import Reals ZArith QArith Qreals Qreduction Lra Lia List Bool FunctionalExtensionality.
From ADOPT Require Import FiniteSum Space CertificateTerms.
From ADOPT Require Rules.
Import ListNotations.
Close Scope Q_scope.
Open Scope R_scope.

(** *** An order of terms *)
Definition lex (c d : comparison) : comparison := match c with Eq => d | _ => c end.

Definition compare_time (u v : time) : comparison :=
  match u, v with
  | Free j, Free k | Horizon j, Horizon k => Z.compare j k
  | Absolute m, Absolute n => Nat.compare m n
  | Free _, _ => Lt | _, Free _ => Gt
  | Horizon _, _ => Lt | _, Horizon _ => Gt
  end.

Definition compare_level (l m : option time) : comparison :=
  match l, m with Some u, Some v => compare_time u v | None, None => Eq | None, _ => Lt | _, None => Gt end.

Definition tag (e : expr) : nat :=
  match e with
  | Const _ _ => 0 | Param _ => 1 | Atom _ _ => 2 | Idx _ => 3 | Plus _ _ => 4 | Minus _ _ => 5
  | Mul _ _ => 6 | Pow _ _ => 7 | SumI _ => 8 | Ex _ _ => 9 | SumT _ _ => 10
  end.

Fixpoint compare (a b : expr) : comparison :=
  match a, b with
  | Const m d, Const n e => lex (Z.compare m n) (Pos.compare d e)
  | Param x, Param y => Nat.compare x y
  | Atom x u, Atom y v => lex (Nat.compare x y) (compare_time u v)
  | Idx u, Idx v => compare_time u v
  | Plus a b, Plus c d | Minus a b, Minus c d | Mul a b, Mul c d => lex (compare a c) (compare b d)
  | Pow a m, Pow b n => lex (compare a b) (Nat.compare m n)
  | SumI a, SumI b => compare a b
  | Ex l a, Ex m b => lex (compare_level l m) (compare a b)
  | SumT m a, SumT n b => lex (Nat.compare m n) (compare a b)
  | _, _ => Nat.compare (tag a) (tag b)
  end.

Lemma lex_eq c d : lex c d = Eq -> c = Eq /\ d = Eq.
Proof. destruct c; simpl; auto; discriminate. Qed.

Lemma compare_time_eq u v : compare_time u v = Eq -> u = v.
Proof.
  destruct u, v; simpl; intro H; try discriminate; f_equal; first [apply Z.compare_eq, H | apply Nat.compare_eq, H].
Qed.

Lemma compare_level_eq l m : compare_level l m = Eq -> l = m.
Proof. destruct l, m; simpl; intro H; try discriminate; [apply compare_time_eq in H; subst|]; reflexivity. Qed.

Lemma compare_eq a b : compare a b = Eq -> a = b.
Proof.
  revert b. induction a; destruct b; simpl; intro H; try discriminate;
    repeat match goal with
    | X : lex _ _ = Eq |- _ => apply lex_eq in X; destruct X
    | X : Z.compare _ _ = Eq |- _ => apply Z.compare_eq in X
    | X : Nat.compare _ _ = Eq |- _ => apply Nat.compare_eq in X
    | X : Pos.compare _ _ = Eq |- _ => apply Pos.compare_eq in X
    | X : compare_time _ _ = Eq |- _ => apply compare_time_eq in X
    | X : compare_level _ _ = Eq |- _ => apply compare_level_eq in X
    | IH : forall b, compare ?a b = Eq -> _, X : compare ?a _ = Eq |- _ => apply IH in X
    end; congruence.
Qed.

(** *** Monomials and polynomials: ascending lists *)
Definition mono := list (expr * nat).
Definition poly := list (Q * mono).

Fixpoint compare_mono (m n : mono) : comparison :=
  match m, n with
  | [], [] => Eq | [], _ => Lt | _, [] => Gt
  | (f, a) :: m', (g, b) :: n' => lex (compare f g) (lex (Nat.compare a b) (compare_mono m' n'))
  end.

Lemma compare_mono_eq m n : compare_mono m n = Eq -> m = n.
Proof.
  revert n. induction m as [|[f a] m IH]; destruct n as [|[g b] n]; simpl; intro H; try discriminate; [reflexivity|].
  apply lex_eq in H; destruct H as [Hf H]. apply lex_eq in H; destruct H as [Ha H].
  apply compare_eq in Hf. apply Nat.compare_eq in Ha. apply IH in H. congruence.
Qed.

Fixpoint mono_mul (m : mono) : mono -> mono :=
  fix aux (n : mono) : mono :=
    match m, n with
    | [], _ => n
    | _, [] => m
    | (f, a) :: m', (g, b) :: n' =>
        match compare f g with
        | Eq => (f, (a + b)%nat) :: mono_mul m' n'
        | Lt => (f, a) :: mono_mul m' n
        | Gt => (g, b) :: aux n'
        end
    end.

Definition cons_term (c : Q) (m : mono) (p : poly) : poly := if Qeq_bool c 0 then p else (Qred c, m) :: p.

Fixpoint poly_add (p : poly) : poly -> poly :=
  fix aux (q : poly) : poly :=
    match p, q with
    | [], _ => q
    | _, [] => p
    | (c, m) :: p', (d, n) :: q' =>
        match compare_mono m n with
        | Eq => cons_term (c + d)%Q m (poly_add p' q')
        | Lt => (c, m) :: poly_add p' q
        | Gt => (d, n) :: aux q'
        end
    end.

Definition scale (c : Q) (p : poly) : poly := map (fun x => ((c * fst x)%Q, snd x)) p.

(** The sum of terms in any order. *)
Definition collect (p : poly) : poly := fold_right (fun x q => poly_add [x] q) [] p.

Definition mul_mono (m : mono) (p : poly) : poly := collect (map (fun x => (fst x, mono_mul m (snd x))) p).
(** c m + ... goes to c f(m) + ... *)
Definition linear (f : mono -> poly) (p : poly) : poly := collect (flat_map (fun x => scale (fst x) (f (snd x))) p).
Definition poly_mul (p q : poly) : poly := linear (fun m => mul_mono m q) p.
Fixpoint poly_pow (p : poly) (n : nat) : poly := match n with O => [(1%Q, [])] | S n' => poly_mul p (poly_pow p n') end.

Fixpoint of_mono (m : mono) : expr :=
  match m with [] => Const 1 1 | (f, n) :: m' => Mul (Pow f n) (of_mono m') end.
Fixpoint to_mono (e : expr) : mono :=
  match e with
  | Const 1 1 => []
  | Mul (Pow f n) r => (f, n) :: to_mono r
  | _ => [(e, 1%nat)]
  end.

(** *** The constructors *)
Definition single (e : expr) : poly := [(1%Q, [(e, 1%nat)])].
Definition rational (n : Z) (d : positive) : poly := cons_term (Qmake n d) [] [].

Definition step_number (lo : nat) (u : time) : poly :=
  match u with
  | Free k => if Z.leb 0 (Z.of_nat lo + k) then poly_add (single (Idx (Free 0))) (rational k 1) else single (Idx u)
  | Horizon k => if Z.leb 0 (1 + k) then poly_add (single (Idx (Horizon 0))) (rational k 1) else single (Idx u)
  | Absolute n => rational (Z.of_nat n) 1
  end.

(** The first Σ_i with exponent 1, its body, and the other factors. *)
Fixpoint find_sum (m : mono) : option (mono * mono) :=
  match m with
  | [] => None
  | (SumI b, 1%nat) :: m' => Some (to_mono b, m')
  | x :: m' => match find_sum m' with Some (b, r) => Some (b, x :: r) | None => None end
  end.

Section Norm.
Variable table : list atom.

Definition sum_i (m : mono) : poly :=
  let front := filter (fun x => negb (free_i table (fst x))) m in
  let body := filter (fun x => free_i table (fst x)) m in
  [(1%Q, mono_mul front [(SumI (of_mono body), 1%nat)])].

Definition sum_over_t (lo : nat) (m : mono) : poly :=
  let front := filter (fun x => negb (free_t (fst x))) m in
  let body := filter (fun x => free_t (fst x)) m in
  match body with
  | [] => if Nat.leb lo 2 then mul_mono front (poly_add (single (Idx (Horizon 0))) (rational (1 - Z.of_nat lo) 1))
          else [(1%Q, mono_mul front [(SumT lo (Const 1 1), 1%nat)])]
  | _ => [(1%Q, mono_mul front [(SumT lo (of_mono body), 1%nat)])]
  end.

Definition is_before (l : option time) (u : time) : bool := match l with None => true | Some v => before v u end.

(** pull out what is known, collapse towers, exchange with one Σ_i *)
Fixpoint expect_mono (fuel lo : nat) (l : option time) (m : mono) : poly :=
  let front := filter (fun x => known table lo l (fst x)) m in
  let rest := filter (fun x => negb (known table lo l (fst x))) m in
  let stay := [(1%Q, [(Ex l (of_mono rest), 1%nat)])] in
  match rest with
  | [] => [(1%Q, front)]
  | _ =>
    mul_mono front
      match fuel with
      | O => stay
      | S fuel' =>
          match rest with
          | [(Ex (Some u) b, 1%nat)] => if is_before l u then expect_mono fuel' lo l (to_mono b) else stay
          | _ =>
              match find_sum rest with
              | Some (b, others) =>
                  match find_sum others with
                  | Some _ => stay
                  | None => if existsb (fun x => free_i table (fst x)) others then stay
                            else linear sum_i (expect_mono fuel' lo l (mono_mul others b))
                  end
              | None => stay
              end
          end
      end
  end.

Definition depth : nat := 100.

Fixpoint normal_form (lo : nat) (e : expr) : poly :=
  match e with
  | Const n d => rational n d
  | Param _ | Atom _ _ => single e
  | Idx u => step_number lo u
  | Plus a b => poly_add (normal_form lo a) (normal_form lo b)
  | Minus a b => poly_add (normal_form lo a) (scale (-1 # 1) (normal_form lo b))
  | Mul a b => poly_mul (normal_form lo a) (normal_form lo b)
  | Pow a n => poly_pow (normal_form lo a) n
  | SumI a => linear sum_i (normal_form lo a)
  | Ex l a => linear (expect_mono depth lo l) (normal_form lo a)
  | SumT lo' a => linear (sum_over_t lo') (normal_form lo' a)
  end.

(** The term is 0 for every t >= lo. *)
Definition zero (lo : nat) (e : expr) : bool := match normal_form lo e with [] => true | _ => false end.
End Norm.

(** *** They keep what a term denotes *)
Section Denotation.
Context {S : space} {I : Type}.
Variables (idx : list I) (T : nat) (value : nat -> nat -> I -> S -> R).
Hypothesis T_pos : (1 <= T)%nat.
Notation denote := (denote idx T value).

Definition denote_mono (m : mono) (t : nat) (i : I) (w : S) : R :=
  fold_right (fun x r => denote (fst x) t i w ^ snd x * r) 1 m.
Definition denote_poly (p : poly) (t : nat) (i : I) (w : S) : R :=
  fold_right (fun x r => Q2R (fst x) * denote_mono (snd x) t i w + r) 0 p.

Lemma mono_cons f n m t i w : denote_mono ((f, n) :: m) t i w = denote f t i w ^ n * denote_mono m t i w.
Proof. reflexivity. Qed.

Lemma mono_mul_sound m n t i w : denote_mono (mono_mul m n) t i w = denote_mono m t i w * denote_mono n t i w.
Proof.
  revert n. induction m as [|[f a] m IHm]; [intro n; destruct n; simpl; ring|].
  induction n as [|[g b] n IHn]; [simpl; ring|].
  change (mono_mul ((f, a) :: m) ((g, b) :: n)) with
    (match compare f g with
     | Eq => (f, (a + b)%nat) :: mono_mul m n
     | Lt => (f, a) :: mono_mul m ((g, b) :: n)
     | Gt => (g, b) :: mono_mul ((f, a) :: m) n
     end).
  destruct (compare f g) eqn:E; cbn [denote_mono fold_right fst snd]; fold (denote_mono m t i w) (denote_mono n t i w).
  - apply compare_eq in E; subst g. fold (denote_mono (mono_mul m n) t i w). rewrite IHm, pow_add. ring.
  - fold (denote_mono (mono_mul m ((g, b) :: n)) t i w). rewrite IHm.
    cbn [denote_mono fold_right fst snd]; fold (denote_mono n t i w). ring.
  - fold (denote_mono (mono_mul ((f, a) :: m) n) t i w). rewrite IHn.
    cbn [denote_mono fold_right fst snd]; fold (denote_mono m t i w). ring.
Qed.

Lemma cons_term_sound c m p t i w :
  denote_poly (cons_term c m p) t i w = Q2R c * denote_mono m t i w + denote_poly p t i w.
Proof.
  unfold cons_term. destruct (Qeq_bool c 0) eqn:E.
  - apply Qeq_bool_eq, Qeq_eqR in E. rewrite E. unfold Q2R; simpl. lra.
  - cbn [denote_poly fold_right fst snd]. fold (denote_poly p t i w).
    rewrite (Qeq_eqR (Qred c) c (Qred_correct c)). reflexivity.
Qed.

Lemma poly_add_sound p q t i w : denote_poly (poly_add p q) t i w = denote_poly p t i w + denote_poly q t i w.
Proof.
  revert q. induction p as [|[c m] p IHp]; [intro q; destruct q; simpl; ring|].
  induction q as [|[d n] q IHq]; [simpl; ring|].
  change (poly_add ((c, m) :: p) ((d, n) :: q)) with
    (match compare_mono m n with
     | Eq => cons_term (c + d)%Q m (poly_add p q)
     | Lt => (c, m) :: poly_add p ((d, n) :: q)
     | Gt => (d, n) :: poly_add ((c, m) :: p) q
     end).
  destruct (compare_mono m n) eqn:E; rewrite ?cons_term_sound; cbn [denote_poly fold_right fst snd];
    fold (denote_poly p t i w) (denote_poly q t i w).
  - apply compare_mono_eq in E; subst n. rewrite IHp, Q2R_plus. ring.
  - fold (denote_poly (poly_add p ((d, n) :: q)) t i w). rewrite IHp.
    cbn [denote_poly fold_right fst snd]; fold (denote_poly q t i w). ring.
  - fold (denote_poly (poly_add ((c, m) :: p) q) t i w). rewrite IHq.
    cbn [denote_poly fold_right fst snd]; fold (denote_poly p t i w). ring.
Qed.

Lemma collect_sound p t i w : denote_poly (collect p) t i w = denote_poly p t i w.
Proof.
  induction p as [|x p IH]; [reflexivity|]. unfold collect in *. cbn [fold_right]. rewrite poly_add_sound, IH. simpl. ring.
Qed.

Lemma scale_sound c p t i w : denote_poly (scale c p) t i w = Q2R c * denote_poly p t i w.
Proof.
  induction p as [|[d m] p IH]; [simpl; ring|]. cbn [scale map denote_poly fold_right fst snd].
  fold (scale c p) (denote_poly p t i w). fold (denote_poly (scale c p) t i w). rewrite IH, Q2R_mult. ring.
Qed.

Lemma app_sound p q t i w : denote_poly (p ++ q) t i w = denote_poly p t i w + denote_poly q t i w.
Proof.
  induction p as [|x p IH]; [simpl; ring|]. cbn [app denote_poly fold_right].
  fold (denote_poly (p ++ q) t i w) (denote_poly p t i w). rewrite IH. ring.
Qed.

Lemma linear_sound (f : mono -> poly) (g : mono -> R) p t i w :
  (forall m, denote_poly (f m) t i w = g m) ->
  denote_poly (linear f p) t i w = fold_right (fun x r => Q2R (fst x) * g (snd x) + r) 0 p.
Proof.
  intro H. unfold linear. rewrite collect_sound. induction p as [|[c m] p IH]; [reflexivity|].
  cbn [flat_map fold_right fst snd]. rewrite app_sound, scale_sound, IH, H. reflexivity.
Qed.

Lemma mul_mono_sound m p t i w : denote_poly (mul_mono m p) t i w = denote_mono m t i w * denote_poly p t i w.
Proof.
  unfold mul_mono. rewrite collect_sound. induction p as [|[d n] p IH]; [simpl; ring|].
  cbn [map denote_poly fold_right fst snd]. fold (denote_poly p t i w).
  fold (denote_poly (map (fun x => (fst x, mono_mul m (snd x))) p) t i w). rewrite IH, mono_mul_sound. ring.
Qed.

Lemma poly_mul_sound p q t i w : denote_poly (poly_mul p q) t i w = denote_poly p t i w * denote_poly q t i w.
Proof.
  unfold poly_mul. rewrite (linear_sound (fun m => mul_mono m q) (fun m => denote_mono m t i w * denote_poly q t i w))
    by (intro; apply mul_mono_sound).
  induction p as [|[c m] p IH]; [simpl; ring|]. cbn [denote_poly fold_right fst snd].
  fold (denote_poly p t i w). rewrite IH. ring.
Qed.

Lemma poly_one t i w : denote_poly [(1%Q, [])] t i w = 1.
Proof. unfold denote_poly, denote_mono; cbn [fold_right fst snd]. unfold Q2R; simpl. lra. Qed.

Lemma poly_pow_sound p n t i w : denote_poly (poly_pow p n) t i w = denote_poly p t i w ^ n.
Proof. induction n as [|n IH]; [apply poly_one|]. cbn [poly_pow pow]. rewrite poly_mul_sound, IH. reflexivity. Qed.

Lemma one_term m t i w : denote_poly [(1%Q, m)] t i w = denote_mono m t i w.
Proof. unfold denote_poly; cbn [fold_right fst snd]. unfold Q2R; simpl. lra. Qed.

Lemma one_factor e t i w : denote_mono [(e, 1%nat)] t i w = denote e t i w.
Proof. simpl. ring. Qed.

Lemma single_sound e t i w : denote_poly (single e) t i w = denote e t i w.
Proof. unfold single. rewrite one_term. apply one_factor. Qed.

Lemma number_Q n d : number n d = Q2R (n # d).
Proof. unfold number, Q2R; simpl. destruct d; try reflexivity. lra. Qed.

Lemma rational_sound n d t i w : denote_poly (rational n d) t i w = number n d.
Proof. unfold rational. rewrite cons_term_sound, number_Q. simpl. ring. Qed.

Lemma of_mono_sound m t i w : denote (of_mono m) t i w = denote_mono m t i w.
Proof. induction m as [|[f n] m IH]; [reflexivity|]. cbn [of_mono denote_mono fold_right fst snd]. simpl. rewrite IH. reflexivity. Qed.

Lemma to_mono_sound e t i w : denote_mono (to_mono e) t i w = denote e t i w.
Proof.
  induction e as [n d|x|x v|v|a IHa b IHb|a IHa b IHb|a IHa b IHb|a IHa n|a IHa|v a IHa|lo' a IHa];
    try (apply one_factor).
  - destruct n as [|[]|], d; try apply one_factor. reflexivity.
  - destruct a; try apply one_factor. cbn [to_mono denote_mono fold_right fst snd].
    fold (denote_mono (to_mono b) t i w). rewrite IHb. reflexivity.
Qed.

Lemma step_number_sound lo u t i w : (lo <= t)%nat -> denote_poly (step_number lo u) t i w = denote (Idx u) t i w.
Proof.
  intro H. destruct u as [k|k|n]; cbn [step_number CertificateTerms.denote moment].
  - destruct (Z.leb_spec 0 (Z.of_nat lo + k)); [|apply single_sound].
    rewrite poly_add_sound, single_sound, rational_sound. simpl.
    rewrite shift_Z, !INR_IZR_INZ, <- plus_IZR, Z2Nat.id by lia. reflexivity.
  - destruct (Z.leb_spec 0 (1 + k)); [|apply single_sound].
    rewrite poly_add_sound, single_sound, rational_sound. simpl.
    rewrite shift_Z, !INR_IZR_INZ, <- plus_IZR, Z2Nat.id by lia. reflexivity.
  - rewrite rational_sound, INR_IZR_INZ. reflexivity.
Qed.

Lemma filter_sound f m t i w :
  denote_mono (filter f m) t i w * denote_mono (filter (fun x => negb (f x)) m) t i w = denote_mono m t i w.
Proof.
  induction m as [|[e n] m IH]; [simpl; ring|]. cbn [filter]. rewrite mono_cons, <- IH.
  destruct (f (e, n)); cbn [negb]; rewrite mono_cons; ring.
Qed.

(** The value of a product of factors of which each has a property. *)
Lemma mono_constant (good : expr -> bool) t i w t' i' w' :
  (forall e, good e = true -> denote e t i w = denote e t' i' w') ->
  forall m, denote_mono (filter (fun x => good (fst x)) m) t i w = denote_mono (filter (fun x => good (fst x)) m) t' i' w'.
Proof.
  intros H. induction m as [|[f n] m IH]; [reflexivity|]. cbn [filter fst].
  destruct (good f) eqn:E; [|exact IH]. cbn [denote_mono fold_right fst snd].
  rewrite (H f E). f_equal. exact IH.
Qed.

Lemma find_sum_sound m b r : find_sum m = Some (b, r) ->
  forall t i w, denote_mono m t i w = lsum idx (fun j => denote_mono b t j w) * denote_mono r t i w.
Proof.
  revert b r. induction m as [|[f n] m IH]; intros b r H t i w; [discriminate|].
  assert (rec : match find_sum m with Some (b, r) => Some (b, (f, n) :: r) | None => None end = Some (b, r) ->
    denote_mono ((f, n) :: m) t i w = lsum idx (fun j => denote_mono b t j w) * denote_mono r t i w).
  { destruct (find_sum m) as [[b' r']|]; [|discriminate]. intro E. injection E as <- <-.
    rewrite !mono_cons, (IH b' r' eq_refl t i w). ring. }
  cbn [find_sum] in H. destruct f; try (apply rec, H). destruct n as [|[|n]]; try (apply rec, H).
  injection H as <- <-. rewrite mono_cons, pow_1. f_equal. cbn [CertificateTerms.denote]. apply lsum_ext; intro j. symmetry. apply to_mono_sound.
Qed.

Variable table : list atom.
Hypothesis ok : fits_all value table.
Notation E l t X w := (Rules.E (level_at T t l) X w).

Lemma sum_i_sound m t i w : denote_poly (sum_i table m) t i w = lsum idx (fun j => denote_mono m t j w).
Proof.
  unfold sum_i. rewrite one_term, mono_mul_sound, one_factor. cbn [CertificateTerms.denote].
  rewrite <- lsum_scal. apply lsum_ext; intro j. rewrite of_mono_sound.
  rewrite (mono_constant (fun e => negb (free_i table e)) t i w t j w).
  - rewrite Rmult_comm. apply (filter_sound (fun x => free_i table (fst x))).
  - intros e He. apply negb_true_iff in He. apply (free_i_sound idx T value table ok e He).
Qed.

Lemma linear_sum_i_sound p t i w : denote_poly (linear (sum_i table) p) t i w = lsum idx (fun j => denote_poly p t j w).
Proof.
  rewrite (linear_sound _ (fun m => lsum idx (fun j => denote_mono m t j w))) by (intro; apply sum_i_sound).
  induction p as [|[c m] p IH]; [simpl; symmetry; apply lsum_zero|]. cbn [fold_right denote_poly fst snd].
  rewrite lsum_plus, lsum_scal, IH. reflexivity.
Qed.

Lemma sum_over_t_sound lo m t i w :
  denote_poly (sum_over_t lo m) t i w = Rules.sum_t T lo (fun u => denote_mono m u i w).
Proof.
  assert (Split : Rules.sum_t T lo (fun u => denote_mono m u i w)
    = denote_mono (filter (fun x => negb (free_t (fst x))) m) t i w
      * Rules.sum_t T lo (fun u => denote_mono (filter (fun x => free_t (fst x)) m) u i w)).
  { unfold Rules.sum_t. rewrite <- nsum_scal. apply nsum_ext; intros n _.
    rewrite (mono_constant (fun e => negb (free_t e)) t i w (lo + n)%nat i w).
    - rewrite Rmult_comm. symmetry. apply (filter_sound (fun x => free_t (fst x))).
    - intros e He. apply negb_true_iff in He. apply (free_t_sound idx T value e He). }
  rewrite Split. unfold sum_over_t. set (front := filter (fun x => negb (free_t (fst x))) m).
  destruct (filter (fun x => free_t (fst x)) m) as [|x body] eqn:B.
  - destruct (Nat.leb_spec lo 2) as [L|L].
    + rewrite mul_mono_sound, poly_add_sound, single_sound, rational_sound. f_equal. unfold Rules.sum_t.
      rewrite (nsum_ext _ (fun _ => 1)) by reflexivity. rewrite nsum_const. cbn [CertificateTerms.denote moment number shift].
      rewrite !INR_IZR_INZ, Rmult_1_r, <- plus_IZR. f_equal. lia.
    + rewrite one_term, mono_mul_sound, one_factor. reflexivity.
  - rewrite one_term, mono_mul_sound, one_factor. f_equal. cbn [CertificateTerms.denote]. unfold Rules.sum_t.
    apply nsum_ext; intros n _. apply of_mono_sound.
Qed.

Lemma E_ext l t (X Y : S -> R) w : (forall w, X w = Y w) -> E l t X w = E l t Y w.
Proof. intro H. replace Y with X; [reflexivity|]. apply functional_extensionality, H. Qed.

Lemma E_one l t (w : S) : E l t (fun _ : S => 1) w = 1.
Proof. destruct l; simpl; [apply cond_one|apply expect_one]. Qed.

Lemma known_filter lo l m t i : (lo <= t)%nat ->
  Rules.known (level_at T t l) (denote_mono (filter (fun x => known table lo l (fst x)) m) t i).
Proof.
  intro Ht. induction m as [|[f n] m IH]; [apply known_level; reflexivity|]. cbn [filter fst].
  destruct (known table lo l f) eqn:K; [|exact IH].
  pose proof (known_sound idx T value T_pos table ok f lo l t i K Ht) as A.
  destruct l as [u|]; simpl in *; intros w w'; [intro Ew; specialize (A w w' Ew); specialize (IH w w' Ew)
    |specialize (A w w'); specialize (IH w w')]; unfold denote_mono in IH |- *; cbn [fold_right fst snd]; rewrite A, IH; reflexivity.
Qed.

Ltac push := match goal with H : forall m', denote_poly _ _ _ _ = _ |- context [find_sum ?m'] => exact (H m') end.

Lemma expect_mono_sound fuel lo l m t i w : (lo <= t)%nat ->
  denote_poly (expect_mono table fuel lo l m) t i w = E l t (fun w' => denote_mono m t i w') w.
Proof.
  intro Ht. revert m i. induction fuel as [|fuel IH]; intros m i;
    set (front := filter (fun x => known table lo l (fst x)) m);
    set (rest := filter (fun x => negb (known table lo l (fst x))) m);
    assert (Split : E l t (fun w' => denote_mono m t i w') w
                    = denote_mono front t i w * E l t (fun w' => denote_mono rest t i w') w)
      by (rewrite <- (Rules.E_pull (level_at T t l) (fun w' => denote_mono front t i w'));
          [apply E_ext; intro w'; symmetry; apply (filter_sound (fun x => known table lo l (fst x)))
          |apply known_filter, Ht]);
    assert (Stay : denote_poly [(1%Q, [(Ex l (of_mono rest), 1%nat)])] t i w = E l t (fun w' => denote_mono rest t i w') w)
      by (rewrite one_term, one_factor; destruct l as [u|]; cbn [CertificateTerms.denote level_at option_map Rules.E];
          [apply cond_ext|apply expect_ext]; intro; apply of_mono_sound);
    cbn [expect_mono]; fold front rest; rewrite Split.
  - destruct rest as [|x rest]; [rewrite one_term; cbn [denote_mono fold_right]; rewrite E_one; ring|].
    rewrite mul_mono_sound, Stay. reflexivity.
  - assert (Push : forall m', denote_poly
        match find_sum m' with
        | Some (b, others) =>
            match find_sum others with
            | Some _ => [(1%Q, [(Ex l (of_mono m'), 1%nat)])]
            | None => if existsb (fun x => free_i table (fst x)) others then [(1%Q, [(Ex l (of_mono m'), 1%nat)])]
                      else linear (sum_i table) (expect_mono table fuel lo l (mono_mul others b))
            end
        | None => [(1%Q, [(Ex l (of_mono m'), 1%nat)])]
        end t i w = E l t (fun w' => denote_mono m' t i w') w).
    { clear - IH ok T_pos Ht. intro m'.
      assert (Stay : denote_poly [(1%Q, [(Ex l (of_mono m'), 1%nat)])] t i w = E l t (fun w' => denote_mono m' t i w') w)
        by (rewrite one_term, one_factor; destruct l as [u|]; cbn [CertificateTerms.denote level_at option_map Rules.E];
          [apply cond_ext|apply expect_ext]; intro; apply of_mono_sound).
      destruct (find_sum m') as [[b others]|] eqn:F; [|exact Stay].
      destruct (find_sum others); [exact Stay|].
      destruct (existsb (fun x => free_i table (fst x)) others) eqn:Fi; [exact Stay|].
      rewrite linear_sum_i_sound. rewrite (lsum_ext idx _ (fun j => E l t (fun w' => denote_mono (mono_mul others b) t j w') w))
        by (intro j; apply IH).
      rewrite <- (Rules.E_sum (level_at T t l) idx (fun j w' => denote_mono (mono_mul others b) t j w')).
      apply E_ext; intro w'. rewrite (find_sum_sound m' b others F), Rmult_comm, <- lsum_scal.
      apply lsum_ext; intro j. rewrite mono_mul_sound. f_equal.
      clear - Fi ok. induction others as [|[f n] others IHo]; [reflexivity|].
      cbn [existsb fst] in Fi. apply orb_false_iff in Fi; destruct Fi as [Ff Fi].
      unfold denote_mono in IHo |- *. cbn [fold_right fst snd]. rewrite (IHo Fi), (free_i_sound idx T value table ok f Ff t j i). reflexivity. }
    destruct rest as [|[f n] tail] eqn:Er; [rewrite one_term; cbn [denote_mono fold_right]; rewrite E_one; ring|].
    rewrite mul_mono_sound. f_equal.
    destruct tail as [|y tail].
    + destruct f as [?|?|?|?|?|?|?|?|?|[u|] b|?]; try push.
      destruct n as [|[|n]]; try push.
      destruct (is_before l u) eqn:Bu; [|exact Stay].
      rewrite IH. rewrite (E_ext l t (fun w' => denote_mono (to_mono b) t i w') (denote b t i)) by (intro; apply to_mono_sound).
      rewrite (E_ext l t (fun w' => denote_mono [(Ex (Some u) b, 1%nat)] t i w') (cond (moment T t u) (denote b t i)))
        by (intro; apply one_factor).
      destruct l as [v|]; cbn [level_at option_map Rules.E].
      * symmetry. apply cond_tower, (before_le T T_pos v u t Bu).
      * symmetry. apply expect_cond.
    + destruct f as [?|?|?|?|?|?|?|?|?|[u|] b|?]; try push; destruct n as [|[|n]]; push.
Qed.

Lemma linear_expect_sound lo l p t i w : (lo <= t)%nat ->
  denote_poly (linear (expect_mono table depth lo l) p) t i w = E l t (fun w' => denote_poly p t i w') w.
Proof.
  intro Ht. rewrite (linear_sound _ (fun m => E l t (fun w' => denote_mono m t i w') w))
    by (intro; apply expect_mono_sound, Ht).
  induction p as [|[c m] p IH]; [symmetry; apply Rules.E_zero|]. cbn [fold_right fst snd]. rewrite IH.
  unfold denote_poly. cbn [fold_right fst snd]. rewrite Rules.E_plus, Rules.E_scal. reflexivity.
Qed.

Lemma linear_sum_t_sound lo p t i w :
  denote_poly (linear (sum_over_t lo) p) t i w = Rules.sum_t T lo (fun u => denote_poly p u i w).
Proof.
  rewrite (linear_sound _ (fun m => Rules.sum_t T lo (fun u => denote_mono m u i w))) by (intro; apply sum_over_t_sound).
  unfold Rules.sum_t. induction p as [|[c m] p IH]; [simpl; rewrite nsum_const; ring|]. cbn [fold_right fst snd].
  rewrite IH, <- nsum_scal, <- nsum_plus. apply nsum_ext; intros n _. reflexivity.
Qed.

Theorem normal_form_sound e : forall lo t i w, (lo <= t)%nat -> denote_poly (normal_form table lo e) t i w = denote e t i w.
Proof.
  induction e as [n d|x|x u|u|a IHa b IHb|a IHa b IHb|a IHa b IHb|a IHa n|a IHa|l a IHa|lo' a IHa];
    intros lo t i w Ht; cbn [normal_form CertificateTerms.denote].
  - apply rational_sound.
  - apply single_sound.
  - apply single_sound.
  - apply step_number_sound, Ht.
  - rewrite poly_add_sound, IHa, IHb by exact Ht. reflexivity.
  - rewrite poly_add_sound, scale_sound, IHa, IHb by exact Ht. unfold Q2R; simpl. lra.
  - rewrite poly_mul_sound, IHa, IHb by exact Ht. reflexivity.
  - rewrite poly_pow_sound, IHa by exact Ht. reflexivity.
  - rewrite linear_sum_i_sound. apply lsum_ext; intro j. apply IHa, Ht.
  - rewrite linear_expect_sound by exact Ht. destruct l as [u|]; cbn [level_at option_map Rules.E];
      [apply cond_ext|apply expect_ext]; intro; apply IHa, Ht.
  - rewrite linear_sum_t_sound. unfold Rules.sum_t. apply nsum_ext; intros n _. apply IHa. lia.
Qed.

Theorem zero_sound lo e : zero table lo e = true -> forall t i w, (lo <= t)%nat -> denote e t i w = 0.
Proof.
  unfold zero. intros H t i w Ht. rewrite <- (normal_form_sound e lo t i w Ht).
  destruct (normal_form table lo e); [reflexivity|discriminate].
Qed.
End Denotation.
