(** ADOPT as a recurrence driven by stochastic gradients on a filtered space.

    Indices: the state after n steps is [adopt n] = (theta_n, m_n, v_n); step
    n+1 uses the gradient g_(n+1), normalised by s_n = max(sqrt v_n, eps). *)
From Coq Require Import Reals Lra Psatz List FunctionalExtensionality.
From ADOPT Require Import FiniteSum Vector Holder Space.
Import ListNotations.
Open Scope R_scope.

Record state (I : Type) := mk { th : I -> R; mm : I -> R; vv : I -> R }.
Arguments mk {I}. Arguments th {I}. Arguments mm {I}. Arguments vv {I}.

(** [post t] acts on the normalised gradient of step t (identity or clipping);
    [first] multiplies it at step 1: 1 - beta1 in Algorithm 2's form, 1 in Algorithm 1. *)
Record method := Method {
  alpha : nat -> R; beta1 : R; beta2 : R; eps : R; first : R; post : nat -> R -> R }.

Record valid (M : method) : Prop := Valid {
  alpha_pos : forall t, 0 < alpha M (S t);
  beta1_range : 0 <= beta1 M < 1;
  beta2_range : 0 <= beta2 M <= 1;
  eps_pos : 0 < eps M;
  first_range : 1 - beta1 M <= first M <= 1;
  post_shrinks : forall t a, Rabs (post M (S t) a) <= Rabs a }.

(** An objective [f] with gradient [nf] on the coordinates [idx], a start
    [theta0] and stochastic gradients [g 0, g 1, ...] on the space [S]. *)
Record problem (S : space) (I : Type) := Problem {
  idx : list I;
  f : (I -> R) -> R;
  nf : (I -> R) -> I -> R;
  theta0 : S -> I -> R;
  g : nat -> S -> I -> R }.
Arguments Problem {S I}. Arguments idx {S I}. Arguments f {S I}. Arguments nf {S I}.
Arguments theta0 {S I}. Arguments g {S I}.

Definition den {I} (e : R) (s : state I) (i : I) : R := Rmax (sqrt (vv s i)) e.

Section Adopt.
Context {S : space} {I : Type}.
Variables (M : method) (P : problem S I).

Definition gain (n : nat) : R := match n with O => first M | _ => 1 - beta1 M end.

Fixpoint adopt (n : nat) (w : S) : state I :=
  match n with
  | O => mk (theta0 P w) (fun _ => 0) (fun i => g P O w i ^ 2)
  | Datatypes.S n' =>
      let s := adopt n' w in
      let m := fun i => beta1 M * mm s i + gain n' * post M n (g P n w i / den (eps M) s i) in
      mk (fun i => th s i - alpha M n * m i) m
         (fun i => beta2 M * vv s i + (1 - beta2 M) * g P n w i ^ 2)
  end.

Definition theta (n : nat) (w : S) : I -> R := th (adopt n w).
Definition mom (n : nat) (w : S) : I -> R := mm (adopt n w).
Definition vsum (n : nat) (w : S) : R := lsum (idx P) (vv (adopt n w)).
Definition s_ (n : nat) (w : S) (i : I) : R := den (eps M) (adopt n w) i.
(** the direction a_(n+1) of step n+1 *)
Definition dir (n : nat) (w : S) (i : I) : R := post M (Datatypes.S n) (g P (Datatypes.S n) w i / s_ n w i).
Definition gradient (n : nat) (w : S) : I -> R := nf P (theta n w).
(** the integrand of Q_(n+1) *)
Definition Q (n : nat) (w : S) : R := lsum (idx P) (fun i => gradient n w i ^ 2 / s_ n w i).
(** M_t^(3/2), t >= 1 *)
Definition criterion (t : nat) : R :=
  rpow (expect (fun w => rpow (norm (idx P) (gradient (pred t) w)) (4 / 3))) (3 / 2).

(** *** Assumptions *)
Record smooth (L f_inf : R) : Prop := Smooth {
  sm_gradient : is_gradient (idx P) (f P) (nf P);
  sm_L : 0 <= L;
  sm_lipschitz : lipschitz (idx P) L (nf P);
  sm_lower : forall x, f_inf <= f P x }.

Definition adapted : Prop := measurable O (theta0 P) /\ forall t, measurable t (g P t).
Definition unbiased (T : nat) : Prop := forall n, (n < T)%nat ->
  forall i w, cond n (fun w => g P (Datatypes.S n) w i) w = gradient n w i.
Definition bounded_second_moment (T : nat) (G : R) : Prop := forall t, (t <= T)%nat ->
  expect (fun w => nrm2 (idx P) (g P t w)) <= G ^ 2.
Definition bounded_conditional_second_moment (T : nat) (G : R) : Prop := forall n, (n < T)%nat ->
  forall w, cond n (fun w => nrm2 (idx P) (g P (Datatypes.S n) w)) w <= G ^ 2.

(** *** First consequences *)
Lemma smooth_descent L f_inf x h : smooth L f_inf -> f P (line x h 1) <= f P x + dot (idx P) (nf P x) h + L / 2 * nrm2 (idx P) h.
Proof. intros []. apply descent; assumption. Qed.

Lemma smooth_gap L f_inf x : smooth L f_inf -> nrm2 (idx P) (nf P x) <= 2 * L * (f P x - f_inf).
Proof. intros []. apply gradient_gap; assumption. Qed.

Lemma expect_lower L f_inf (x : S -> I -> R) : smooth L f_inf -> f_inf <= expect (fun w => f P (x w)).
Proof. intros HS. rewrite <- (expect_const (S := S) f_inf). apply expect_le; intro; apply (sm_lower _ _ HS). Qed.

Hypothesis V : valid M.
Hypothesis HA : adapted.

Lemma s_eps n w i : eps M <= s_ n w i.
Proof. apply Rmax_r. Qed.

Lemma s_pos n w i : 0 < s_ n w i.
Proof. pose proof (s_eps n w i). pose proof (eps_pos M V). lra. Qed.

Lemma adopt_measurable n : measurable n (adopt n).
Proof.
  destruct HA as [H0 Hg]. revert n. apply (recurrence_measurable adopt (g P) Hg).
  - intros w w' E. simpl. rewrite (H0 w w' E), (Hg O w w' E). reflexivity.
  - intros n w w' E G. cbn [adopt]. rewrite E, G. reflexivity.
Qed.

Lemma state_measurable {A} n (h : state I -> A) : measurable n (fun w => h (adopt n w)).
Proof. apply measurable_map, adopt_measurable. Qed.

Lemma v_nonneg n w i : 0 <= vv (adopt n w) i.
Proof.
  induction n as [|n IH]; simpl; [apply pow2_ge_0|]. pose proof (beta2_range M V).
  pose proof (pow2_ge_0 (g P (Datatypes.S n) w i)).
  apply Rplus_le_le_0_compat; apply Rmult_le_pos; assumption || lra.
Qed.

Lemma vsum_nonneg n w : 0 <= vsum n w.
Proof. apply lsum_nonneg; intros; apply v_nonneg. Qed.

Lemma Q_nonneg n w : 0 <= Q n w.
Proof.
  apply lsum_nonneg; intros i _. apply Rmult_le_pos; [apply pow2_ge_0|].
  left; apply Rinv_0_lt_compat, s_pos.
Qed.

Lemma expect_Q_nonneg n : 0 <= expect (Q n).
Proof. apply expect_nonneg; intro; apply Q_nonneg. Qed.

(** s_i^2 <= eps^2 + ||v||_1, the only upper bound on s in the proofs *)
Lemma s_square n w i : In i (idx P) -> s_ n w i ^ 2 <= eps M ^ 2 + vsum n w.
Proof.
  intro Hi. pose proof (v_nonneg n w i) as Hv.
  assert (H1 : vv (adopt n w) i <= vsum n w)
    by (apply (lsum_in_le (idx P) (vv (adopt n w))); [intros; apply v_nonneg|exact Hi]).
  pose proof (pow2_ge_0 (eps M)). unfold s_, den, Rmax.
  destruct (Rle_dec _ _); [lra|]. rewrite pow2_sqrt by assumption. lra.
Qed.

End Adopt.

Arguments gradient {S I}. Arguments theta {S I}. Arguments mom {S I}. Arguments dir {S I}. Arguments s_ {S I}.
Arguments Q {S I}. Arguments vsum {S I}.
