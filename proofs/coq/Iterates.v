(** From the textbook setting to the space of paths, for the iterates X_t of any
    method: all that is asked of X_t is that it is computed from xi_0, ..., xi_t. *)
From Coq Require Import Reals.
From Coq Require Vectors.Fin.
From ADOPT Require Import FiniteSum Vector Space Paths Adopt Spec.
Open Scope R_scope.

Section Iterates.
Context {D N : nat}.
Variables (Q : model D N) (L f_inf : R) (T : nat).
Hypothesis HQ : standing Q L f_inf.

Definition path_space : space :=
  paths (fins N) (fun _ => prob Q) T (fun _ => weights_nonneg Q L f_inf HQ) (fun _ => weights_sum Q L f_inf HQ).

Lemma expect_start (h : Fin.t N -> R) :
  expect (s := path_space) (fun w => h (w O)) = lsum (fins N) (fun k => prob Q k * h k).
Proof. apply (expect_first (fins N) (fun _ => prob Q) T). Qed.

(** [it] is the method's whole state, [out] takes the parameters from it. *)
Lemma iterates_measurable {A B} (it : nat -> (nat -> Fin.t N) -> A) (out : A -> B) :
  (forall xi xi', xi O = xi' O -> it O xi = it O xi') ->
  (forall t xi xi', it t xi = it t xi' -> xi (S t) = xi' (S t) -> it (S t) xi = it (S t) xi') ->
  forall t, measurable (S := path_space) t (fun xi => out (it t xi)).
Proof. intros H0 H t. apply (measurable_map (S := path_space) t out). revert t. apply draws_measurable; assumption. Qed.

Section Driven.
Variable X : nat -> (nat -> Fin.t N) -> vec D.

(** The problem whose stochastic gradients are the oracle's answers along X. *)
Definition driven : problem path_space (Fin.t D) :=
  Problem (S := path_space) (fins D) (obj Q) (grad Q) (fun _ => start Q) (stochastic_gradient Q X).

Lemma driven_smooth : smooth driven L f_inf.
Proof. destruct HQ. split; simpl; try assumption. apply frechet_gradient; assumption. Qed.

Lemma initial_value : expect (fun w => f driven (theta0 driven w)) = obj Q (start Q).
Proof. exact (expect_const (S := path_space) (obj Q (start Q))). Qed.

Hypothesis HX : forall t, measurable (S := path_space) t (X t).

Lemma iterates_adapted : adapted driven.
Proof.
  split; [intros w w' _; reflexivity|]. intro t.
  exact (answer_measurable (fins N) (fun _ => prob Q) T _ _ X (oracle Q (start Q)) (oracle Q) HX t).
Qed.

(** E[h(X_t, xi_(t+1)) | F_t] *)
Lemma iterates_cond t (h : vec D -> Fin.t N -> R) w : (t < T)%nat ->
  cond (s := path_space) t (fun w => h (X t w) (w (S t))) w = lsum (fins N) (fun k => prob Q k * h (X t w) k).
Proof. intro Ht. exact (cond_answer (fins N) (fun _ => prob Q) T _ _ t (X t) h w Ht (HX t)). Qed.

(** A2 along X *)
Lemma iterates_unbiased : unbiased_oracle Q -> forall n, (n < T)%nat -> forall i w,
  cond (s := path_space) n (fun w => g driven (S n) w i) w = grad Q (X n w) i.
Proof. intros HU n Hn i w. exact (eq_trans (iterates_cond n (fun x k => oracle Q x k i) w Hn) (HU _ i)). Qed.

End Driven.
End Iterates.
