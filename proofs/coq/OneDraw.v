(** On the space of paths the average over one draw may be taken first, whichever it is. *)
From Coq Require Import Reals Lra Psatz List FunctionalExtensionality.
From ADOPT Require Import FiniteSum Space Paths.
Import ListNotations.
Open Scope R_scope.

Section OneDraw.
Context {K : Type}.
Variables (ks : list K) (p : K -> R).
Hypothesis p_nonneg : forall x, 0 <= p x.
Hypothesis p_sum : lsum ks p = 1.
Notation integrate := (integrate ks (fun _ => p)).

Lemma update_swap (w : nat -> K) a k x y : a <> k -> update (update w k y) a x = update (update w a x) k y.
Proof.
  intro N. apply functional_extensionality; intro j. unfold update.
  destruct (Nat.eqb_spec j a), (Nat.eqb_spec j k); congruence.
Qed.

Lemma update_twice (w : nat -> K) a x y : update (update w a y) a x = update w a x.
Proof. apply functional_extensionality; intro j. unfold update. destruct (Nat.eqb j a); reflexivity. Qed.

Lemma integrate_update a x k n F w : (a < k)%nat -> integrate k n (fun w' => F (update w' a x)) w = integrate k n F (update w a x).
Proof.
  revert k w; induction n as [|n IH]; intros k w H; [reflexivity|]. cbn [Paths.integrate]. apply lsum_ext; intro y.
  rewrite IH by lia. rewrite update_swap by lia. reflexivity.
Qed.

Lemma integrate_sum k n (F : K -> (nat -> K) -> R) w :
  integrate k n (fun w => lsum ks (fun x => p x * F x w)) w = lsum ks (fun x => p x * integrate k n (F x) w).
Proof.
  revert k w; induction n as [|n IH]; intros k w; [reflexivity|]. cbn [Paths.integrate].
  rewrite (lsum_ext ks _ (fun y => lsum ks (fun x => p x * (p y * integrate (S k) n (F x) (update w k y)))))
    by (intro y; rewrite IH, <- lsum_scal; apply lsum_ext; intro x; ring).
  rewrite lsum_swap. apply lsum_ext; intro x. rewrite <- lsum_scal. apply lsum_ext; intro y. ring.
Qed.

Lemma integrate_draw a k n F w : (k <= a < k + n)%nat ->
  integrate k n F w = integrate k n (fun w => lsum ks (fun x => p x * F (update w a x))) w.
Proof.
  revert k w; induction n as [|n IH]; intros k w H; [lia|]. cbn [Paths.integrate].
  destruct (Nat.eq_dec k a) as [->|N].
  - set (c := lsum ks (fun x => p x * integrate (S a) n F (update w a x))).
    rewrite (lsum_ext ks (fun x => p x * integrate (S a) n (fun w0 => lsum ks (fun x0 => p x0 * F (update w0 a x0))) (update w a x)) (fun x => c * p x)).
    + rewrite lsum_scal, p_sum. ring.
    + intro y. rewrite integrate_sum. unfold c. rewrite Rmult_comm. f_equal. apply lsum_ext; intro x. f_equal.
      rewrite integrate_update by lia. rewrite update_twice. reflexivity.
  - apply lsum_ext; intro y. f_equal. apply IH. lia.
Qed.

Lemma expect_draw H a F : (1 <= a <= H)%nat -> path_expect ks (fun _ => p) H F
  = path_expect ks (fun _ => p) H (fun w => lsum ks (fun x => p x * F (update w a x))).
Proof. intro Ha. unfold path_expect. apply lsum_ext; intro x. f_equal. apply integrate_draw. lia. Qed.
End OneDraw.
