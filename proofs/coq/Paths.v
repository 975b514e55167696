(** The space of noise paths: independent draws xi_0, ..., xi_H from finitely
    many symbols, the weight of the symbol x at time t being [p t x].  The
    expectation is the iterated sum over all paths; conditioning on F_n averages
    over xi_(n+1), ..., xi_H. *)
From Coq Require Import Reals Lra Psatz List FunctionalExtensionality.
From ADOPT Require Import FiniteSum Space.
Import ListNotations.
Open Scope R_scope.

Section Paths.
Context {K : Type}.
Variables (ks : list K) (p : nat -> K -> R) (H : nat).
Notation path := (nat -> K).

Definition update (w : path) (n : nat) (x : K) : path := fun j => if Nat.eqb j n then x else w j.

(** Average over the coordinates k, k+1, ..., k+n-1 of the path. *)
Fixpoint integrate (k n : nat) (F : path -> R) (w : path) : R :=
  match n with
  | O => F w
  | S n' => lsum ks (fun x => p k x * integrate (S k) n' F (update w k x))
  end.

(** E F(xi_0, ..., xi_H). *)
Definition path_expect (F : path -> R) : R :=
  lsum ks (fun x => p O x * integrate 1 H F (fun _ => x)).

Definition path_cond (n : nat) (F : path -> R) : path -> R := integrate (S n) (H - n) F.

(** Draws after the horizon are never made, hence known. *)
Definition path_same (n : nat) (w w' : path) : Prop :=
  forall j, (j <= n \/ H < j)%nat -> w j = w' j.

Hypothesis p_nonneg : forall t x, 0 <= p t x.
Hypothesis p_sum : forall t, lsum ks (p t) = 1.

Lemma integrate_plus k n F G w : integrate k n (fun w => F w + G w) w = integrate k n F w + integrate k n G w.
Proof.
  revert k w; induction n as [|n IH]; intros k w; simpl; [reflexivity|].
  rewrite <- lsum_plus. apply lsum_ext; intro x. rewrite IH. ring.
Qed.

Lemma integrate_le k n F G w : (forall w, F w <= G w) -> integrate k n F w <= integrate k n G w.
Proof.
  intro HF. revert k w; induction n as [|n IH]; intros k w; simpl; [apply HF|].
  apply lsum_le; intro x. apply Rmult_le_compat_l; [apply p_nonneg|apply IH].
Qed.

(** The weighted sum of positive numbers is positive. *)
Lemma weighted_sum_pos t (F : K -> R) : (forall x, 0 < F x) -> 0 < lsum ks (fun x => p t x * F x).
Proof.
  intro HF. assert (G : forall l, 0 < lsum l (p t) -> 0 < lsum l (fun x => p t x * F x)).
  { induction l as [|x l IH]; simpl; intro Hs; [lra|].
    assert (H0 : 0 <= lsum l (fun x => p t x * F x))
      by (apply lsum_nonneg; intros; apply Rmult_le_pos; [apply p_nonneg|left; apply HF]).
    destruct (Rle_lt_or_eq_dec 0 (p t x) (p_nonneg t x)) as [Px|E].
    - pose proof (Rmult_lt_0_compat _ _ Px (HF x)). lra.
    - rewrite <- E in Hs |- *. rewrite Rmult_0_l, Rplus_0_l. apply IH. lra. }
  apply G. rewrite p_sum. apply Rlt_0_1.
Qed.

Lemma integrate_pos k n F w : (forall w, 0 < F w) -> 0 < integrate k n F w.
Proof.
  intro HF. revert k w; induction n as [|n IH]; intros k w; simpl; [apply HF|].
  apply weighted_sum_pos; intro x. apply IH.
Qed.

Lemma integrate_one k n w : integrate k n (fun _ => 1) w = 1.
Proof.
  revert k w; induction n as [|n IH]; intros k w; simpl; [reflexivity|].
  transitivity (lsum ks (p k)); [|apply p_sum]. apply lsum_ext; intro x. rewrite IH. ring.
Qed.

Lemma update_other w k x j : j <> k -> update w k x j = w j.
Proof. intro N. unfold update. destruct (Nat.eqb_spec j k); [contradiction|reflexivity]. Qed.

Lemma update_here w k x : update w k x k = x.
Proof. unfold update. rewrite Nat.eqb_refl. reflexivity. Qed.

(** The average does not depend on the coordinates averaged over. *)
Lemma integrate_indep k n F w w' : (forall j, (j < k \/ k + n <= j)%nat -> w j = w' j) ->
  integrate k n F w = integrate k n F w'.
Proof.
  revert k w w'; induction n as [|n IH]; intros k w w' E; simpl.
  - f_equal. apply functional_extensionality; intro j. apply E. lia.
  - apply lsum_ext; intro x. f_equal. apply IH; intros j Hj.
    destruct (Nat.eq_dec j k) as [->|N]; [rewrite !update_here; reflexivity|].
    rewrite !update_other by exact N. apply E. lia.
Qed.

(** A factor that does not depend on them comes out. *)
Lemma integrate_pull k n Z F w :
  (forall w', (forall j, (j < k \/ k + n <= j)%nat -> w' j = w j) -> Z w' = Z w) ->
  integrate k n (fun w => Z w * F w) w = Z w * integrate k n F w.
Proof.
  revert k w; induction n as [|n IH]; intros k w HZ; simpl; [reflexivity|].
  rewrite <- lsum_scal. apply lsum_ext; intro x.
  assert (E : Z (update w k x) = Z w) by (apply HZ; intros j Hj; apply update_other; lia).
  rewrite IH.
  - rewrite E. ring.
  - intros w' Hw'. rewrite E. apply HZ; intros j Hj. rewrite Hw' by lia. apply update_other. lia.
Qed.

Lemma integrate_split k m n F w : integrate k (m + n) F w = integrate k m (integrate (k + m) n F) w.
Proof.
  revert k w; induction m as [|m IH]; intros k w; simpl; [rewrite Nat.add_0_r; reflexivity|].
  apply lsum_ext; intro x. rewrite IH. replace (S k + m)%nat with (k + S m)%nat by lia. reflexivity.
Qed.

Lemma integrate_ext k n F G w : (forall w, F w = G w) -> integrate k n F w = integrate k n G w.
Proof. intro E. f_equal. apply functional_extensionality, E. Qed.

Lemma integrate_const k n c w : integrate k n (fun _ => c) w = c.
Proof.
  rewrite (integrate_ext k n _ (fun _ => c * 1)) by (intro; ring).
  rewrite (integrate_pull k n (fun _ => c) (fun _ => 1)) by reflexivity. rewrite integrate_one. ring.
Qed.

Lemma integrate_idem k n F w : integrate k n (integrate k n F) w = integrate k n F w.
Proof.
  rewrite (integrate_ext k n (integrate k n F) (fun w => integrate k n F w * 1)) by (intro; ring).
  rewrite (integrate_pull k n (integrate k n F) (fun _ => 1)); [rewrite integrate_one; ring|].
  intros w' E. apply integrate_indep; exact E.
Qed.

Lemma path_tower m n F w : (m <= n)%nat -> path_cond m (path_cond n F) w = path_cond m F w.
Proof.
  intro Hmn. unfold path_cond. destruct (Nat.le_gt_cases H n) as [Hn|Hn].
  - replace (H - n)%nat with O by lia. reflexivity.
  - replace (H - m)%nat with ((n - m) + (H - n))%nat by lia. rewrite !integrate_split.
    apply integrate_ext; intro w'. replace (S m + (n - m))%nat with (S n) by lia. apply integrate_idem.
Qed.

Lemma path_expect_cond0 F : path_expect F = lsum ks (fun x => p O x * path_cond O F (fun _ => x)).
Proof. unfold path_expect, path_cond. rewrite Nat.sub_0_r. reflexivity. Qed.

Lemma path_expect_scal c F : path_expect (fun w => c * F w) = c * path_expect F.
Proof.
  unfold path_expect. rewrite <- lsum_scal. apply lsum_ext; intro x.
  rewrite (integrate_pull 1 H (fun _ => c) F) by reflexivity. ring.
Qed.

Definition paths : space.
Proof.
  refine (Space path path_same path_expect path_cond _ _ _ _ _ _ _ _ _ _ _ _ _ _).
  - intros m n w w' Hmn E j Hj. apply E. lia.
  - transitivity (lsum ks (p O)); [|apply p_sum]. apply lsum_ext; intro x. rewrite integrate_one. ring.
  - intros F G. unfold path_expect. rewrite <- lsum_plus. apply lsum_ext; intro x. rewrite integrate_plus. ring.
  - apply path_expect_scal.
  - intros F G HF. apply lsum_le; intro x. apply Rmult_le_compat_l; [apply p_nonneg|apply integrate_le, HF].
  - intros F HF. apply weighted_sum_pos; intro x. apply integrate_pos, HF.
  - intros n w. apply integrate_one.
  - intros n F G w. apply integrate_plus.
  - intros n F G HF w. apply integrate_le, HF.
  - intros n F HF w. apply integrate_pos, HF.
  - intros n F w w' E. apply integrate_indep; intros j Hj. apply E. lia.
  - intros n Z F HZ w. apply integrate_pull; intros w' E. apply HZ; intros j Hj. apply E. lia.
  - intros m n F w Hmn. apply path_tower, Hmn.
  - intros n F. change (path_expect (path_cond n F) = path_expect F). rewrite !path_expect_cond0.
    apply lsum_ext; intro x. rewrite path_tower by lia. reflexivity.
Defined.

(** A variable of the past and the next draw: averaging over the latter only. *)
Lemma cond_next n (F : path -> K -> R) w : (n < H)%nat ->
  (forall x, measurable (S := paths) n (fun w => F w x)) ->
  cond (s := paths) n (fun w => F w (w (S n))) w = lsum ks (fun x => p (S n) x * F w x).
Proof.
  intros Hn HF. simpl. unfold path_cond. replace (H - n)%nat with (S (H - S n)) by lia. simpl.
  apply lsum_ext; intro x. f_equal.
  rewrite <- (integrate_const (S (S n)) (H - S n) (F w x) w).
  transitivity (integrate (S (S n)) (H - S n) (fun w' => F w' (w' (S n)) * 1) (update w (S n) x));
    [apply integrate_ext; intro; ring|].
  rewrite (integrate_pull _ _ (fun w' => F w' (w' (S n))) (fun _ => 1)).
  - rewrite integrate_one, update_here, integrate_const.
    rewrite (HF x (update w (S n) x) w); [ring|]. intros j Hj. apply update_other. lia.
  - intros w' E. rewrite (E (S n)) by lia. apply HF. intros j Hj. apply E. lia.
Qed.

(** What is computed from the draws one by one is known once they are made; the
    oracle's answer at it is known one draw later, its mean given the past is a sum. *)
Lemma draws_measurable {A} (X : nat -> path -> A) :
  (forall w w', w O = w' O -> X O w = X O w') ->
  (forall n w w', X n w = X n w' -> w (S n) = w' (S n) -> X (S n) w = X (S n) w') ->
  forall n, measurable (S := paths) n (X n).
Proof.
  intros H0 HS. apply (recurrence_measurable (S := paths) X (fun n w => w n)); [| |exact HS].
  - intros n w w' E. apply E. lia.
  - intros w w' E. apply H0, E. lia.
Qed.

Lemma answer_measurable {A B} (X : nat -> path -> A) (first : K -> B) (answer : A -> K -> B) :
  (forall n, measurable (S := paths) n (X n)) ->
  forall n, measurable (S := paths) n (fun w => match n with O => first (w O) | S n' => answer (X n' w) (w n) end).
Proof.
  intros HX [|n] w w' E; [rewrite (E O) by lia; reflexivity|].
  rewrite (measurable_mono (S := paths) n (S n) _ (Nat.le_succ_diag_r n) (HX n) w w' E), (E (S n)) by lia. reflexivity.
Qed.

Lemma cond_answer {A} n (X : path -> A) (h : A -> K -> R) w : (n < H)%nat -> measurable (S := paths) n X ->
  cond (s := paths) n (fun w => h (X w) (w (S n))) w = lsum ks (fun x => p (S n) x * h (X w) x).
Proof.
  intros Hn HX. apply (cond_next n (fun w => h (X w)) w Hn). intro x. exact (measurable_map (S := paths) n (fun a => h a x) X HX).
Qed.

(** A variable of the first draw. *)
Lemma expect_first (F : K -> R) : expect (s := paths) (fun w => F (w O)) = lsum ks (fun x => p O x * F x).
Proof.
  simpl. unfold path_expect. apply lsum_ext; intro x. f_equal.
  transitivity (integrate 1 H (fun w => F (w O) * 1) (fun _ => x)); [apply integrate_ext; intro; ring|].
  rewrite (integrate_pull 1 H (fun w => F (w O)) (fun _ => 1)); [rewrite integrate_one; ring|].
  intros w' E. rewrite E by lia. reflexivity.
Qed.

(** The same expectation, written as one sum over the words xi_0 ... xi_H. *)
Fixpoint words (n : nat) : list (list K) :=
  match n with
  | O => [[]]
  | S n' => flat_map (fun x => map (cons x) (words n')) ks
  end.

Fixpoint weight (t : nat) (u : list K) : R :=
  match u with [] => 1 | x :: u' => p t x * weight (S t) u' end.

(** The path that begins with the word [u] at time [t] and follows [w] elsewhere. *)
Fixpoint overwrite (w : path) (t : nat) (u : list K) : path :=
  match u with [] => w | x :: u' => overwrite (update w t x) (S t) u' end.

Lemma integrate_words k n F w : integrate k n F w = lsum (words n) (fun u => weight k u * F (overwrite w k u)).
Proof.
  revert k w; induction n as [|n IH]; intros k w; simpl; [ring|].
  rewrite lsum_flat_map. apply lsum_ext; intro x.
  rewrite lsum_map, IH, <- lsum_scal. apply lsum_ext; intro u. simpl. ring.
Qed.

Lemma integrate_local k n F w w' :
  (forall u u', (forall j, (j < k + n)%nat -> u j = u' j) -> F u = F u') ->
  (forall j, (j < k)%nat -> w j = w' j) -> integrate k n F w = integrate k n F w'.
Proof.
  revert k w w'; induction n as [|n IH]; intros k w w' HF E; simpl.
  - apply HF. intros j Hj. apply E. lia.
  - apply lsum_ext; intro x. f_equal. apply IH.
    + intros u u' Hu. apply HF. intros j Hj. apply Hu. lia.
    + intros j Hj. destruct (Nat.eq_dec j k) as [->|N]; [rewrite !update_here; reflexivity|].
      rewrite !update_other by exact N. apply E. lia.
Qed.

Theorem expect_words F w : (forall u u', (forall j, (j <= H)%nat -> u j = u' j) -> F u = F u') ->
  expect (s := paths) F = lsum (words (S H)) (fun u => weight 0 u * F (overwrite w 0 u)).
Proof.
  intro HF. rewrite <- integrate_words. simpl. unfold path_expect. apply lsum_ext; intro x. f_equal.
  apply integrate_local.
  - intros u u' Hu. apply HF. intros j Hj. apply Hu. lia.
  - intros j Hj. replace j with O by lia. reflexivity.
Qed.

End Paths.
