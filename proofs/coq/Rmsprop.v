(** Theorem 3.1: RMSprop as it is usually run, v_0 = 0, the normaliser
    sqrt (v_t + eps^2) made with g_t itself.  The bound keeps a term -C2 ln beta2
    that does not vanish with T. *)
From Coq Require Import Reals Lra Psatz List FunctionalExtensionality.
From Coq Require Vectors.Fin.
From ADOPT Require Import FiniteSum Young RealPowers Vector Holder Space Paths Adopt Spec Iterates Witness.
Open Scope R_scope.

Section Process.
Context {S : space} {I : Type}.
Variables (P : problem S I) (L f_inf al b2 e G : R) (T : nat).
Notation Sn := Datatypes.S.
Notation nrm2 := (nrm2 (idx P)).
Notation dot := (dot (idx P)).
Notation D := (INR (length (idx P))).

(** (theta_n, v_n) *)
Fixpoint rmsprop (n : nat) (w : S) : (I -> R) * (I -> R) :=
  match n with
  | O => (theta0 P w, fun _ => 0)
  | Datatypes.S n' =>
      let v := fun i => b2 * snd (rmsprop n' w) i + (1 - b2) * g P n w i ^ 2 in
      (fun i => fst (rmsprop n' w) i - al * (g P n w i / sqrt (v i + e ^ 2)), v)
  end.

Notation x n w := (fst (rmsprop n w)).
Notation v n w := (snd (rmsprop n w)).
Notation grad n w := (nf P (fst (rmsprop n w))).

Hypothesis HS : smooth P L f_inf.
Hypothesis HA : adapted P.
Hypothesis Hal : 0 < al.
Hypothesis Hb2 : 0 < b2 < 1.
Hypothesis He : 0 < e.
Hypothesis HG : 0 < G.
Hypothesis HT : (1 <= T)%nat.
Hypothesis HD : (1 <= length (idx P))%nat.
(** A2, and A5 given the past *)
Hypothesis HU : forall n, (n < T)%nat -> forall i w, cond n (fun w => g P (Sn n) w i) w = grad n w i.
Hypothesis HG2 : forall n, (n < T)%nat -> forall w, cond n (fun w => nrm2 (g P (Sn n) w)) w <= G ^ 2.

(** the step a_(n+1), E[g_(n+1)^2 | F_n], and the divisor r_n: the normaliser of a_(n+1)
    with g_(n+1)^2 replaced by its mean, so that it is known at n *)
Definition step_of (n : nat) (w : S) (i : I) : R := g P (Sn n) w i / sqrt (v (Sn n) w i + e ^ 2).
Definition h (n : nat) (w : S) (i : I) : R := cond n (fun w => g P (Sn n) w i ^ 2) w.
Definition r (n : nat) (w : S) (i : I) : R := sqrt (b2 * v n w i + e ^ 2 + (1 - b2) * h n w i).
Definition Q (n : nat) (w : S) : R := lsum (idx P) (fun i => grad n w i ^ 2 / r n w i).
Definition step_square (n : nat) : R := expect (fun w => nrm2 (step_of n w)).
Definition nu : R := sqrt (1 - b2) * G.

Lemma nu_pos : 0 < nu.
Proof. apply Rmult_lt_0_compat; [apply sqrt_lt_R0; lra|exact HG]. Qed.

Lemma nu_square : nu ^ 2 = (1 - b2) * G ^ 2.
Proof. unfold nu. rewrite Rpow_mult_distr, pow2_sqrt by lra. reflexivity. Qed.

Lemma rmsprop_measurable n : measurable n (rmsprop n).
Proof.
  destruct HA as [H0 Hg]. revert n. apply (recurrence_measurable rmsprop (g P) Hg).
  - intros w w' E. simpl. rewrite (H0 w w' E). reflexivity.
  - intros n w w' E1 E2. cbn [rmsprop]. rewrite E1, E2. reflexivity.
Qed.

Lemma v_nonneg n w i : 0 <= v n w i.
Proof.
  induction n as [|n IH]; [simpl; lra|]. cbn [rmsprop snd]. pose proof (pow2_ge_0 (g P (Sn n) w i)).
  apply Rplus_le_le_0_compat; apply Rmult_le_pos; assumption || lra.
Qed.

Lemma h_nonneg n w i : 0 <= h n w i.
Proof. apply cond_nonneg; intro; apply pow2_ge_0. Qed.

Lemma e2_pos : 0 < e ^ 2.
Proof. apply pow_lt, He. Qed.

Lemma r_square n w i : r n w i ^ 2 = b2 * v n w i + e ^ 2 + (1 - b2) * h n w i.
Proof.
  unfold r. apply pow2_sqrt. pose proof e2_pos. pose proof (v_nonneg n w i). pose proof (h_nonneg n w i).
  assert (0 <= b2 * v n w i) by (apply Rmult_le_pos; lra). assert (0 <= (1 - b2) * h n w i) by (apply Rmult_le_pos; lra). lra.
Qed.

Lemma r_pos n w i : 0 < r n w i.
Proof.
  apply sqrt_lt_R0. pose proof e2_pos. pose proof (v_nonneg n w i). pose proof (h_nonneg n w i).
  assert (0 <= b2 * v n w i) by (apply Rmult_le_pos; lra). assert (0 <= (1 - b2) * h n w i) by (apply Rmult_le_pos; lra). lra.
Qed.

Lemma r_measurable n i : measurable n (fun w => r n w i).
Proof.
  intros w w' E. unfold r. rewrite (rmsprop_measurable n w w' E).
  replace (h n w i) with (h n w' i); [reflexivity|]. symmetry. apply (cond_same S n (fun w => g P (Sn n) w i ^ 2) w w' E).
Qed.

Lemma grad_measurable n i : measurable n (fun w => grad n w i).
Proof. exact (measurable_map n (fun s : (I -> R) * (I -> R) => nf P (fst s) i) _ (rmsprop_measurable n)). Qed.

Lemma h_bound n w i : In i (idx P) -> (n < T)%nat -> h n w i <= G ^ 2.
Proof.
  intros Hi Hn. eapply Rle_trans; [|apply (HG2 n Hn w)]. unfold Vector.nrm2. rewrite cond_sum.
  apply (lsum_in_le (idx P) (fun i => h n w i)); [intros; apply h_nonneg|exact Hi].
Qed.

(** (1 - b2) h <= nu r *)
Lemma h_le_r n w i : In i (idx P) -> (n < T)%nat -> (1 - b2) * h n w i <= nu * r n w i.
Proof.
  intros Hi Hn. pose proof (h_bound n w i Hi Hn) as B. pose proof (h_nonneg n w i) as H0. pose proof nu_pos. pose proof (r_pos n w i).
  apply Rsqr_incr_0_var; [|apply Rmult_le_pos; lra]. unfold Rsqr.
  replace (nu * r n w i * (nu * r n w i)) with (nu ^ 2 * r n w i ^ 2) by ring. rewrite nu_square, r_square.
  pose proof e2_pos. pose proof (v_nonneg n w i). assert (V : 0 <= b2 * v n w i) by (apply Rmult_le_pos; lra).
  assert (A : (1 - b2) * h n w i * ((1 - b2) * h n w i) <= (1 - b2) * G ^ 2 * ((1 - b2) * h n w i)).
  { apply Rmult_le_compat_r; [apply Rmult_le_pos; lra|]. apply Rmult_le_compat_l; lra. }
  eapply Rle_trans; [exact A|]. apply Rmult_le_compat_l; [apply Rmult_le_pos; [lra|apply pow2_ge_0]|]. lra.
Qed.

(** Young's step: y a >= y g/r - y^2 (1 - b2)(g^2 + h) / (4 nu r^2) - nu a^2 *)
Lemma direction_lower n w i :
  grad n w i * (g P (Sn n) w i / r n w i)
    - / (4 * nu) * ((1 - b2) * ((grad n w i / r n w i) ^ 2 * g P (Sn n) w i ^ 2 + (grad n w i / r n w i) ^ 2 * h n w i))
    - nu * step_of n w i ^ 2
  <= grad n w i * step_of n w i.
Proof.
  set (y := grad n w i). set (R := r n w i). set (u := g P (Sn n) w i). unfold step_of. fold u.
  set (s := sqrt (v (Sn n) w i + e ^ 2)).
  pose proof (r_pos n w i) as PR. fold R in PR. pose proof nu_pos as Pn. pose proof (v_nonneg (Sn n) w i) as Hv. pose proof e2_pos as He2.
  assert (Ps : 0 < s) by (apply sqrt_lt_R0; lra).
  assert (Es : s ^ 2 = b2 * v n w i + (1 - b2) * u ^ 2 + e ^ 2) by (unfold s; rewrite pow2_sqrt by lra; reflexivity).
  assert (ER : R ^ 2 = b2 * v n w i + e ^ 2 + (1 - b2) * h n w i) by apply r_square.
  pose proof (v_nonneg n w i) as Hv0. pose proof (h_nonneg n w i) as Hh. pose proof (pow2_ge_0 u) as Hu.
  assert (Hb : 0 <= b2 * v n w i) by (apply Rmult_le_pos; lra).
  assert (Sp : (s - R) ^ 2 <= (1 - b2) * (u ^ 2 + h n w i)).
  { assert (b2 * v n w i + e ^ 2 <= s * R); [|nra].
    apply Rsqr_incr_0_var; [|apply Rmult_le_pos; lra]. unfold Rsqr.
    replace (s * R * (s * R)) with (s ^ 2 * R ^ 2) by ring. rewrite Es, ER.
    assert (0 <= (1 - b2) * u ^ 2) by (apply Rmult_le_pos; lra). assert (0 <= (1 - b2) * h n w i) by (apply Rmult_le_pos; lra). nra. }
  set (a := u / s). replace (y * (u / R)) with (y * a + y / R * a * (s - R)) by (unfold a; field; lra).
  assert (Y : y / R * a * (s - R) <= / (4 * nu) * ((y / R) ^ 2 * (s - R) ^ 2) + nu * a ^ 2).
  { pose proof (young (2 * nu) (y / R * (s - R)) a ltac:(lra)) as K. rewrite Rpow_mult_distr in K.
    replace (2 * (2 * nu)) with (4 * nu) in K by ring. lra. }
  assert (Z : / (4 * nu) * ((y / R) ^ 2 * (s - R) ^ 2) <= / (4 * nu) * ((y / R) ^ 2 * ((1 - b2) * (u ^ 2 + h n w i)))).
  { apply Rmult_le_compat_l; [left; apply Rinv_0_lt_compat; lra|]. apply Rmult_le_compat_l; [apply pow2_ge_0|exact Sp]. }
  replace ((1 - b2) * ((y / R) ^ 2 * u ^ 2 + (y / R) ^ 2 * h n w i)) with ((y / R) ^ 2 * ((1 - b2) * (u ^ 2 + h n w i))) by ring.
  lra.
Qed.

(** E <grad, a> >= Q/2 - nu E ||a||^2 *)
Lemma drift n : (n < T)%nat -> / 2 * expect (Q n) - nu * step_square n <= expect (fun w => dot (grad n w) (step_of n w)).
Proof.
  intro Hn. unfold step_square, Q, Vector.nrm2, Vector.dot. rewrite !expect_sum, <- !lsum_scal.
  apply Rle_trans with (lsum (idx P) (fun i => / 2 * expect (fun w => grad n w i ^ 2 / r n w i)
    + - 1 * (nu * expect (fun w => step_of n w i ^ 2)))); [rewrite lsum_plus, (lsum_scal _ (-1)); right; ring|].
  apply lsum_le_in; intros i Hi.
  eapply Rle_trans; [|apply expect_le; intro w; apply (direction_lower n w i)].
  rewrite !expect_minus, !expect_scal, expect_plus.
  pose proof (fun h Hm => expect_pull n (fun w => (grad n w i / r n w i) ^ 2) h Hm) as Pl.
  assert (Hm : measurable n (fun w => (grad n w i / r n w i) ^ 2)).
  { exact (measurable_map2 n (fun p q => (p / q) ^ 2) _ _ (grad_measurable n i) (r_measurable n i)). }
  rewrite (Pl (fun w => g P (Sn n) w i ^ 2) Hm). clear Pl.
  assert (E1 : expect (fun w => grad n w i * (g P (Sn n) w i / r n w i)) = expect (fun w => grad n w i ^ 2 / r n w i)).
  { assert (Hq : measurable n (fun w => grad n w i / r n w i)).
    { exact (measurable_map2 n (fun p q => p / q) _ _ (grad_measurable n i) (r_measurable n i)). }
    rewrite (expect_ext _ (fun w => grad n w i / r n w i * g P (Sn n) w i)) by (intro; unfold Rdiv; ring).
    rewrite (expect_pull n _ _ Hq). apply expect_ext; intro w. rewrite HU by exact Hn. unfold Rdiv. ring. }
  rewrite E1. fold (h n). change (expect (fun w => (grad n w i / r n w i) ^ 2 * cond n (fun w0 => g P (Sn n) w0 i ^ 2) w))
    with (expect (fun w => (grad n w i / r n w i) ^ 2 * h n w i)).
  assert (C : (1 - b2) * expect (fun w => (grad n w i / r n w i) ^ 2 * h n w i) <= nu * expect (fun w => grad n w i ^ 2 / r n w i)).
  { rewrite <- !expect_scal. apply expect_le; intro w. pose proof (h_le_r n w i Hi Hn) as C. pose proof (r_pos n w i) as Pr.
    apply Rmult_le_compat_l with (r := (grad n w i / r n w i) ^ 2) in C; [|apply pow2_ge_0].
    replace (nu * (grad n w i ^ 2 / r n w i)) with ((grad n w i / r n w i) ^ 2 * (nu * r n w i)) by (field; lra). lra. }
  pose proof nu_pos as Pn. apply Rmult_le_compat_l with (r := / (4 * nu) * 2) in C.
  2:{ apply Rmult_le_pos; [left; apply Rinv_0_lt_compat; lra|lra]. }
  replace (/ (4 * nu) * 2 * (nu * expect (fun w => grad n w i ^ 2 / r n w i)))
    with (/ 2 * expect (fun w => grad n w i ^ 2 / r n w i)) in C by (field; lra).
  lra.
Qed.

(** The sum of the squared steps, by logarithms. *)
Lemma log_step n w i :
  (1 - b2) * step_of n w i ^ 2 <= ln (v (Sn n) w i + e ^ 2) - ln (v n w i + e ^ 2) - ln b2.
Proof.
  pose proof e2_pos as He2. pose proof (v_nonneg n w i) as H0. pose proof (v_nonneg (Sn n) w i) as H1.
  set (X := v (Sn n) w i + e ^ 2). set (Y := v n w i + e ^ 2).
  assert (PX : 0 < X) by (unfold X; lra). assert (PY : 0 < Y) by (unfold Y; lra).
  pose proof (ln_tangent X (b2 * Y) PX ltac:(apply Rmult_lt_0_compat; lra)) as T0.
  rewrite ln_mult in T0 by lra.
  assert (E : (1 - b2) * step_of n w i ^ 2 <= - ((b2 * Y - X) / X)).
  { replace (- ((b2 * Y - X) / X)) with ((X - b2 * Y) * / X) by (field; lra).
    unfold step_of, Rdiv. fold X. rewrite Rpow_mult_distr, pow_inv, pow2_sqrt by lra. rewrite <- Rmult_assoc.
    apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat, PX|].
    unfold X, Y. cbn [rmsprop snd]. assert (0 <= (1 - b2) * e ^ 2) by (apply Rmult_le_pos; lra). lra. }
  lra.
Qed.

(** D Lambda bounds the sum of the squared steps, up to 1 - beta2 ([squares_sum]); its part
    - T ln beta2 is what keeps the bound of the theorem from vanishing. *)
Definition Lambda : R := ln (1 + (1 - b2 ^ T) * G ^ 2 / (D * e ^ 2)) - INR T * ln b2.

(** E sum_i v_n,i <= (1 - beta2^n) G^2, from v_0 = 0 *)
Lemma v_moment n : (n <= T)%nat -> expect (fun w => lsum (idx P) (v n w)) <= (1 - b2 ^ n) * G ^ 2.
Proof.
  induction n as [|n IH]; intro Hn.
  - right. cbn [rmsprop snd]. rewrite (expect_ext _ (fun _ => 0)); [rewrite expect_const; simpl; ring|intro; apply lsum_zero].
  - cbn [rmsprop snd]. rewrite (expect_ext _ (fun w => b2 * lsum (idx P) (v n w) + (1 - b2) * nrm2 (g P (Sn n) w))).
    2:{ intro w. unfold Vector.nrm2. rewrite <- !lsum_scal, <- lsum_plus. reflexivity. }
    rewrite expect_plus, !expect_scal.
    assert (M : expect (fun w => nrm2 (g P (Sn n) w)) <= G ^ 2).
    { rewrite <- (expect_cond S n), <- (expect_const (S := S) (G ^ 2)). apply expect_le; intro w. apply HG2. lia. }
    apply Rmult_le_compat_l with (r := 1 - b2) in M; [|lra]. specialize (IH ltac:(lia)).
    apply Rmult_le_compat_l with (r := b2) in IH; [|lra]. simpl pow. lra.
Qed.

(** The logarithms telescope; Jensen for the last one. *)
Lemma squares_sum : (1 - b2) * nsum step_square T <= D * Lambda.
Proof.
  set (Lg := fun n => expect (fun w => lsum (idx P) (fun i => ln (v n w i + e ^ 2)))).
  assert (Sx : forall n, - Lg (Sn n) <= - Lg n + (- (D * ln b2) + -1 * ((1 - b2) * step_square n))).
  { intro n. assert (A : (1 - b2) * step_square n <= Lg (Sn n) - Lg n - D * ln b2); [|lra].
    unfold step_square, Lg. rewrite <- expect_scal, <- (expect_const (S := S) (D * ln b2)), <- !expect_minus.
    apply expect_le; intro w. unfold Vector.nrm2. rewrite <- lsum_scal, <- (lsum_const (idx P) (ln b2)).
    apply Rle_trans with (lsum (idx P) (fun i => ln (v (Sn n) w i + e ^ 2) + (-1 * ln (v n w i + e ^ 2) + -1 * ln b2))).
    - apply lsum_le; intro i. pose proof (log_step n w i). lra.
    - rewrite !lsum_plus, !lsum_scal. lra. }
  pose proof (nsum_telescope (fun n => - Lg n) _ T (fun n _ => Sx n)) as H.
  rewrite nsum_plus, !nsum_scal, nsum_const in H.
  assert (L0 : Lg O = D * ln (e ^ 2)).
  { unfold Lg. cbn [rmsprop snd]. rewrite Rplus_0_l, (expect_ext _ (fun _ => D * ln (e ^ 2))) by (intro; apply lsum_const).
    apply expect_const. }
  rewrite L0 in H. pose proof (INR_pos _ HD) as PD. pose proof e2_pos as He2. pose proof (v_moment T (le_n _)) as M.
  set (B := (1 - b2 ^ T) * G ^ 2). fold B in M.
  assert (B0 : 0 <= B).
  { unfold B. apply Rmult_le_pos; [|apply pow2_ge_0].
    assert (b2 ^ T <= 1 ^ T) by (apply pow_incr; lra). rewrite pow1 in H0. lra. }
  set (C := e ^ 2 + B / D). assert (PC : 0 < C).
  { unfold C. assert (0 <= B / D) by (apply Rmult_le_pos; [exact B0|left; apply Rinv_0_lt_compat, PD]). lra. }
  assert (F : Lg T <= D * ln C).
  { apply Rle_trans with (expect (fun w => D * (ln C - 1 + e ^ 2 / C) + / C * lsum (idx P) (v T w))).
    - apply expect_le; intro w. rewrite <- lsum_const, <- lsum_scal, <- lsum_plus. apply lsum_le; intro i.
      pose proof (v_nonneg T w i). pose proof (ln_tangent C (v T w i + e ^ 2) PC ltac:(lra)) as K.
      replace (ln C + (v T w i + e ^ 2 - C) / C) with (ln C - 1 + e ^ 2 / C + / C * v T w i) in K by (field; lra). exact K.
    - rewrite expect_plus, expect_const, expect_scal.
      apply Rmult_le_compat_l with (r := / C) in M; [|left; apply Rinv_0_lt_compat, PC].
      apply Rle_trans with (D * (ln C - 1 + e ^ 2 / C) + / C * B); [lra|]. right.
      assert (Ee : e ^ 2 = C - B / D) by (unfold C; ring). rewrite Ee. field. lra. }
  assert (EC : ln C - ln (e ^ 2) = ln (1 + (1 - b2 ^ T) * G ^ 2 / (D * e ^ 2))).
  { replace (1 + (1 - b2 ^ T) * G ^ 2 / (D * e ^ 2)) with (C * / e ^ 2) by (unfold C, B; field; lra).
    rewrite ln_mult, ln_Rinv; auto. apply Rinv_0_lt_compat, He2. }
  unfold Lambda. rewrite <- EC. lra.
Qed.

Notation Delta := (expect (fun w => f P (theta0 P w)) - f_inf).

Lemma descent_sum :
  al / 2 * nsum (fun n => expect (Q n)) T <= Delta + (al * nu + L * al ^ 2 / 2) * nsum step_square T.
Proof.
  assert (Sx : forall n, (n < T)%nat -> expect (fun w => f P (x (Sn n) w))
    <= expect (fun w => f P (x n w)) + ((al * nu + L * al ^ 2 / 2) * step_square n + - (al / 2) * expect (Q n))).
  { intros n Hn. apply Rle_trans with (expect (fun w => f P (x n w))
      + (- al * expect (fun w => dot (grad n w) (step_of n w)) + L * al ^ 2 / 2 * step_square n)).
    - unfold step_square. rewrite <- !expect_scal, <- !expect_plus. apply expect_le; intro w.
      replace (x (Sn n) w) with (line (x n w) (fun i => - al * step_of n w i) 1).
      2:{ apply functional_extensionality; intro i. unfold line, step_of. cbn [rmsprop fst snd]. unfold Rdiv. ring. }
      eapply Rle_trans; [apply (smooth_descent P L f_inf _ _ HS)|]. rewrite dot_scal, nrm2_scal. right. unfold Rdiv. ring.
    - pose proof (drift n Hn) as Dr. apply Rmult_le_compat_l with (r := al) in Dr; lra. }
  pose proof (nsum_telescope (fun n => expect (fun w => f P (x n w))) _ T Sx) as H.
  rewrite nsum_plus, !nsum_scal in H. cbn [rmsprop fst] in H. pose proof (expect_lower P L f_inf (fun w => x T w) HS). lra.
Qed.

(** M_t^(3/2) *)
Definition criterion (t : nat) : R :=
  rpow (expect (fun w => rpow (norm (idx P) (grad (pred t) w)) (4 / 3))) (3 / 2).

Lemma Q_nonneg n w : 0 <= Q n w.
Proof.
  apply lsum_nonneg; intros i _. apply Rmult_le_pos; [apply pow2_ge_0|left; apply Rinv_0_lt_compat, r_pos].
Qed.

(** Step 7: r_i^2 <= N with E N <= eps^2 + G^2. *)
Lemma criterion_le_Q n : (n < T)%nat -> criterion (Sn n) <= sqrt (G ^ 2 + e ^ 2) * expect (Q n).
Proof.
  intro Hn. unfold criterion. cbn [pred].
  set (N := fun w => e ^ 2 + (b2 * lsum (idx P) (v n w) + (1 - b2) * lsum (idx P) (h n w))).
  assert (Hl : forall w, 0 <= lsum (idx P) (v n w) /\ 0 <= lsum (idx P) (h n w)).
  { intro w. split; apply lsum_nonneg; intros; [apply v_nonneg|apply h_nonneg]. }
  pose proof e2_pos as He2.
  assert (N0 : forall w, 0 < N w).
  { intro w. destruct (Hl w). unfold N. assert (0 <= b2 * lsum (idx P) (v n w)) by (apply Rmult_le_pos; lra).
    assert (0 <= (1 - b2) * lsum (idx P) (h n w)) by (apply Rmult_le_pos; lra). lra. }
  apply (expect_holder_32 _ (Q n) N).
  - intro; apply rpow_nonneg.
  - intro; apply Q_nonneg.
  - intro w. left. apply N0.
  - intro w. apply norm_power_43.
    + left. apply N0.
    + intro i. apply Rmult_le_pos; [apply pow2_ge_0|left; apply Rinv_0_lt_compat, r_pos].
    + intros i Hi. exists (r n w i). pose proof (r_pos n w i). split; [|right; field; lra]. rewrite r_square. unfold N.
      pose proof (lsum_in_le (idx P) (v n w) i (fun j _ => v_nonneg n w j) Hi) as A.
      pose proof (lsum_in_le (idx P) (h n w) i (fun j _ => h_nonneg n w j) Hi) as B.
      apply Rmult_le_compat_l with (r := b2) in A; [|lra]. apply Rmult_le_compat_l with (r := 1 - b2) in B; lra.
  - unfold N. rewrite !expect_plus, expect_const, !expect_scal.
    pose proof (v_moment n ltac:(lia)) as A.
    assert (A' : expect (fun w => lsum (idx P) (v n w)) <= G ^ 2).
    { eapply Rle_trans; [exact A|]. assert (0 <= b2 ^ n) by (apply pow_le; lra). pose proof (pow2_ge_0 G). nra. }
    assert (B : expect (fun w => lsum (idx P) (h n w)) <= G ^ 2).
    { rewrite <- (expect_const (S := S) (G ^ 2)). apply expect_le; intro w. eapply Rle_trans; [|apply (HG2 n Hn w)].
      right. unfold Vector.nrm2. symmetry. apply cond_sum. }
    apply Rmult_le_compat_l with (r := b2) in A'; [|lra]. apply Rmult_le_compat_l with (r := 1 - b2) in B; lra.
Qed.

Definition C2 (d : R) : R := d * G / sqrt (1 - b2) + al * d * L / (2 * (1 - b2)).

Theorem process_rmsprop :
  min_1_to criterion T <= average criterion T /\
  average criterion T <= 2 * sqrt (G ^ 2 + e ^ 2) * (Delta / (al * INR T)
    + C2 D * (/ INR T * ln (1 + (1 - b2 ^ T) * G ^ 2 / (D * e ^ 2)) - ln b2)).
Proof.
  split; [apply min_1_to_average, HT|]. pose proof (INR_pos T HT) as PT.
  pose proof descent_sum as Ds. pose proof squares_sum as Sq. pose proof nu_pos as Pn. pose proof (sm_L _ _ _ HS) as HL.
  pose proof (sqrt_pos (G ^ 2 + e ^ 2)) as S0. pose proof (INR_pos _ HD) as PD.
  assert (Pr : 0 < sqrt (1 - b2)) by (apply sqrt_lt_R0; lra).
  assert (Er : 1 - b2 = sqrt (1 - b2) * sqrt (1 - b2)) by (symmetry; apply sqrt_sqrt; lra).
  assert (K : 0 <= (al * nu + L * al ^ 2 / 2) / (1 - b2)).
  { apply Rmult_le_pos; [|left; apply Rinv_0_lt_compat; lra]. apply Rplus_le_le_0_compat; [apply Rmult_le_pos; lra|].
    unfold Rdiv. apply Rmult_le_pos; [apply Rmult_le_pos; [exact HL|apply pow2_ge_0]|lra]. }
  apply Rmult_le_compat_l with (r := (al * nu + L * al ^ 2 / 2) / (1 - b2)) in Sq; [|exact K].
  replace ((al * nu + L * al ^ 2 / 2) / (1 - b2) * ((1 - b2) * nsum step_square T))
    with ((al * nu + L * al ^ 2 / 2) * nsum step_square T) in Sq by (field; lra).
  assert (M : average criterion T <= sqrt (G ^ 2 + e ^ 2) * (nsum (fun n => expect (Q n)) T / INR T)).
  { unfold average, sum_1_to, Rdiv. rewrite <- Rmult_assoc, <- nsum_scal.
    apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat, PT|]. apply nsum_le; intros n Hn. apply criterion_le_Q, Hn. }
  eapply Rle_trans; [exact M|]. rewrite (Rmult_comm 2), Rmult_assoc. apply Rmult_le_compat_l; [exact S0|].
  apply Rmult_le_reg_r with (al / 2 * INR T); [apply Rmult_lt_0_compat; lra|].
  replace (nsum (fun n => expect (Q n)) T / INR T * (al / 2 * INR T)) with (al / 2 * nsum (fun n => expect (Q n)) T) by (field; lra).
  eapply Rle_trans; [exact Ds|]. eapply Rle_trans; [apply Rplus_le_compat_l, Sq|]. right.
  unfold C2, Lambda. set (lg := ln (1 + (1 - b2 ^ T) * G ^ 2 / (D * e ^ 2))). set (lb := ln b2).
  unfold nu. set (q := sqrt (1 - b2)) in *. rewrite Er. field. repeat split; lra.
Qed.

End Process.

(** *** Textbook form *)
Section Textbook.
Context {D N : nat}.
Variables (Q : model D N) (L f_inf : R) (T : nat).
Hypothesis HQ : standing Q L f_inf.
Hypothesis HT : (1 <= T)%nat.
Hypothesis HD : (1 <= D)%nat.
Variables (al b2 e : R).
Notation Delta := (obj Q (start Q) - f_inf).
Notation path_space := (path_space Q L f_inf T HQ).

(** (theta_t, v_t) *)
Fixpoint rmsprop_iterate (t : nat) (xi : nat -> Fin.t N) : vec D * vec D :=
  match t with
  | O => (start Q, fun _ => 0)
  | S t' =>
      let '(theta, v) := rmsprop_iterate t' xi in
      let gt := oracle Q theta (xi t) in
      let v' := fun i => b2 * v i + (1 - b2) * gt i ^ 2 in
      (fun i => theta i - al * (gt i / sqrt (v' i + e ^ 2)), v')
  end.

Notation X := (fun t xi => fst (rmsprop_iterate t xi)).
Notation P := (driven Q L f_inf T HQ X).

(** A5 given the past, for the gradients that are used. *)
Definition second_moment_given_past (G : R) : Prop := forall t, (t < T)%nat -> forall xi,
  lsum (fins N) (fun k => prob Q k * norm (fins D) (oracle Q (X t xi) k) ^ 2) <= G ^ 2.

Lemma rmsprop_eq t xi : rmsprop P al b2 e t xi = rmsprop_iterate t xi.
Proof.
  induction t as [|t IH]; [reflexivity|]. cbn [rmsprop]. rewrite IH.
  cbn [rmsprop_iterate driven g stochastic_gradient]. destruct (rmsprop_iterate t xi) as [x v]. reflexivity.
Qed.

Lemma iterate_measurable t : measurable (S := path_space) t (X t).
Proof.
  apply (iterates_measurable Q L f_inf T HQ rmsprop_iterate fst); [reflexivity|].
  intros n xi xi' E1 E2. cbn [rmsprop_iterate]. rewrite E1, E2. reflexivity.
Qed.

Definition rmsprop_adapted : adapted P := iterates_adapted Q L f_inf T HQ X iterate_measurable.

(** C2 = D G / sqrt (1 - beta2) + alpha D L / (2 (1 - beta2)) *)
Theorem spec_rmsprop (G : R) :
  unbiased_oracle Q -> second_moment_given_past G -> 0 < al -> 0 < b2 < 1 -> 0 < e -> 0 < G ->
  min_1_to (measure Q X T) T <= average (measure Q X T) T /\
  average (measure Q X T) T
  <= 2 * sqrt (G ^ 2 + e ^ 2) * (Delta / (al * INR T)
       + (INR D * G / sqrt (1 - b2) + al * INR D * L / (2 * (1 - b2)))
         * (/ INR T * ln (1 + (1 - b2 ^ T) * G ^ 2 / (INR D * e ^ 2)) - ln b2)).
Proof.
  intros HU HG2 Ha Hb He HG.
  assert (E : measure Q X T = criterion P al b2 e).
  { apply functional_extensionality; intro t. unfold measure, criterion. f_equal.
    apply (expect_ext (S := path_space)); intro w. rewrite rmsprop_eq. reflexivity. }
  assert (A2 : forall n, (n < T)%nat -> forall i w,
    cond (s := path_space) n (fun w => g P (S n) w i) w = nf P (fst (rmsprop P al b2 e n w)) i).
  { intros n Hn i w. rewrite rmsprop_eq. exact (iterates_unbiased Q L f_inf T HQ X iterate_measurable HU n Hn i w). }
  assert (A5 : forall n, (n < T)%nat -> forall w, cond (s := path_space) n (fun w => nrm2 (idx P) (g P (S n) w)) w <= G ^ 2).
  { intros n Hn w. eapply Rle_trans; [|apply (HG2 n Hn w)]. right.
    refine (eq_trans (iterates_cond Q L f_inf T HQ X iterate_measurable n (fun x k => nrm2 (fins D) (oracle Q x k)) w Hn) _).
    apply lsum_ext; intro k. rewrite norm_sq. reflexivity. }
  assert (Hl : (1 <= length (idx P))%nat) by (simpl; rewrite length_fins; exact HD).
  pose proof (process_rmsprop P L f_inf al b2 e G T (driven_smooth Q L f_inf T HQ X) rmsprop_adapted Ha Hb He HG HT Hl A2 A5) as B.
  rewrite <- E in B. unfold C2 in B. simpl idx in B. rewrite length_fins in B.
  rewrite initial_value in B. exact B.
Qed.

End Textbook.

(** Non-vacuity: f = sin with +-1 noise, G = 2. *)
Definition witness_rmsprop (T : nat) (HT : (1 <= T)%nat) := spec_rmsprop sine 1 (-1) T sine_standing HT (le_n 1) (/ 10) (9 / 10) 1 2
  sine_unbiased (proj2 (sine_conditional _ T)) ltac:(lra) ltac:(lra) ltac:(lra) ltac:(lra).
