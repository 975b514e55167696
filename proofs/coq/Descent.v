(** The descent inequality along phi_n = theta_n - kappa alpha_n m_n, summed over
    the steps.  All theorems with bounded second moments start here. *)
From Coq Require Import Reals Lra Psatz List FunctionalExtensionality.
From ADOPT Require Import FiniteSum Vector Space Adopt SecondMoment Momentum.
Open Scope R_scope.

Section Descent.
Context {S : space} {I : Type}.
Variables (M : method) (P : problem S I) (L f_inf : R).
Hypothesis V : valid M.
Hypothesis HS : smooth P L f_inf.
Notation nrm2 := (nrm2 (idx P)).
Notation dot := (dot (idx P)).
Notation mom := (mom M P).
Notation dir := (dir M P).
Notation grad := (gradient M P).
Notation EQ n := (expect (Q M P n)).
Notation al := (alpha M).

Definition kappa : R := beta1 M / (1 - beta1 M).
Definition rho : R := first M / (1 - beta1 M).
Definition phi (n : nat) (w : S) (i : I) : R := theta M P n w i - kappa * al n * mom n w i.
(** decrease of the step size *)
Definition d_ (n : nat) : R := al n - al (Datatypes.S n).

Lemma kappa_nonneg : 0 <= kappa.
Proof. pose proof (beta1_range M V). apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat; lra]. Qed.

Lemma phi_zero w : phi O w = theta0 P w.
Proof. apply functional_extensionality; intro i. unfold phi, theta, Adopt.mom. simpl. ring. Qed.

(** Step 1. *)
Lemma phi_first w : phi 1 w = line (theta0 P w) (fun i => - (al 1 * rho) * dir O w i) 1.
Proof.
  pose proof (beta1_range M V). apply functional_extensionality; intro i.
  unfold phi, line, rho, kappa. rewrite mom_first. unfold theta, Adopt.dir, s_. simpl. field. lra.
Qed.

Lemma phi_next n w :
  phi (Datatypes.S (Datatypes.S n)) w
  = line (phi (Datatypes.S n) w)
      (fun i => - al (Datatypes.S (Datatypes.S n)) * dir (Datatypes.S n) w i
                + kappa * d_ (Datatypes.S n) * mom (Datatypes.S n) w i) 1.
Proof.
  pose proof (beta1_range M V). apply functional_extensionality; intro i.
  unfold phi, line, kappa, d_.
  change (theta M P (Datatypes.S (Datatypes.S n)) w i)
    with (theta M P (Datatypes.S n) w i - al (Datatypes.S (Datatypes.S n)) * mom (Datatypes.S (Datatypes.S n)) w i).
  rewrite mom_next.
  field. lra.
Qed.

Lemma nrm2_sum_le x y a b : 0 <= a -> 0 <= b ->
  nrm2 (fun i => - a * x i + b * y i) <= (a ^ 2 + a * b) * nrm2 x + (a * b + b ^ 2) * nrm2 y.
Proof.
  intros Ha Hb. unfold Vector.nrm2. rewrite <- !lsum_scal, <- lsum_plus. apply lsum_le; intro i.
  assert (0 <= a * b * (x i + y i) ^ 2) by (apply Rmult_le_pos; [apply Rmult_le_pos; assumption|apply pow2_ge_0]).
  nra.
Qed.

(** Step 4: |<grad f(phi) - grad f(theta), y>| by Lipschitz and Young. *)
Lemma cross m w y : let n := Datatypes.S m in
  dot (vsub (grad n w) (nf P (phi n w))) y <= L * (kappa * al n) / 2 * (nrm2 (mom n w) + nrm2 y).
Proof.
  intro n. pose proof kappa_nonneg as Hk. pose proof (alpha_pos M V m : 0 < al n) as Ha.
  exact (lipschitz_young (idx P) L (nf P) (kappa * al n) (theta M P n w) (mom n w) y (sm_L P _ _ HS) (sm_lipschitz P _ _ HS)
    ltac:(apply Rmult_le_pos; lra)).
Qed.

Lemma cross_opp m w y : let n := Datatypes.S m in
  dot (vsub (nf P (phi n w)) (grad n w)) y <= L * (kappa * al n) / 2 * (nrm2 (mom n w) + nrm2 y).
Proof.
  intro n. pose proof (cross m w (fun i => -1 * y i)) as C. cbv zeta in C. fold n in C. rewrite dot_scal, nrm2_scal in C. rewrite dot_vsub in *. lra.
Qed.

(** Step 2 at the first step and at the later ones. *)
Lemma first_step w :
  f P (phi 1 w) <= f P (theta0 P w) + (- (al 1 * rho)) * dot (grad O w) (dir O w)
                   + L / 2 * (al 1 * rho) ^ 2 * nrm2 (dir O w).
Proof.
  rewrite phi_first. eapply Rle_trans; [apply (smooth_descent P L f_inf _ _ HS)|].
  rewrite dot_scal, nrm2_scal. right. unfold gradient, theta. simpl. ring.
Qed.

Definition coef_a n := al (Datatypes.S n) * (L * (kappa * al n) / 2) + L / 2 * (al (Datatypes.S n) ^ 2 + al (Datatypes.S n) * (kappa * d_ n)).
Definition coef_m n := al (Datatypes.S n) * (L * (kappa * al n) / 2) + kappa * d_ n * (L * (kappa * al n) + eps M / 2)
                       + L / 2 * (al (Datatypes.S n) * (kappa * d_ n) + (kappa * d_ n) ^ 2).

Lemma next_step m w : let n := Datatypes.S m in 0 <= d_ n ->
  f P (phi (Datatypes.S n) w) <= f P (phi n w) + (- al (Datatypes.S n)) * dot (grad n w) (dir n w)
    + (coef_a n * nrm2 (dir n w) + (coef_m n * nrm2 (mom n w) + kappa * d_ n / (2 * eps M) * nrm2 (grad n w))).
Proof.
  intros n Hd. unfold n at 1. rewrite phi_next. fold n.
  pose proof (eps_pos M V) as He. pose proof kappa_nonneg as Hk. pose proof (sm_L P _ _ HS) as HL.
  pose proof (alpha_pos M V n : 0 < al (Datatypes.S n)) as Ha. set (c := al (Datatypes.S n)) in *.
  assert (Hkd : 0 <= kappa * d_ n) by (apply Rmult_le_pos; assumption).
  eapply Rle_trans; [apply (smooth_descent P L f_inf _ _ HS)|].
  rewrite (dot_linear (idx P) (nf P (phi n w)) (- c) (dir n w) (kappa * d_ n) (mom n w)).
  pose proof (nrm2_sum_le (dir n w) (mom n w) c (kappa * d_ n) ltac:(lra) Hkd) as N.
  apply Rmult_le_compat_l with (r := L / 2) in N; [|lra].
  pose proof (cross m w (dir n w)) as C1. cbv zeta in C1. fold n in C1. rewrite dot_vsub in C1.
  apply Rmult_le_compat_l with (r := c) in C1; [|lra].
  pose proof (cross_opp m w (mom n w)) as C2. cbv zeta in C2. fold n in C2. rewrite dot_vsub in C2.
  assert (Y : dot (grad n w) (mom n w) <= / (2 * eps M) * nrm2 (grad n w) + eps M / 2 * nrm2 (mom n w)).
  { apply dot_weighted, He. }
  assert (C3 : dot (nf P (phi n w)) (mom n w)
    <= / (2 * eps M) * nrm2 (grad n w) + (L * (kappa * al n) + eps M / 2) * nrm2 (mom n w)) by lra.
  apply Rmult_le_compat_l with (r := kappa * d_ n) in C3; [|exact Hkd].
  unfold coef_a, coef_m. fold c.
  replace (kappa * d_ n / (2 * eps M) * nrm2 (grad n w)) with (kappa * d_ n * (/ (2 * eps M) * nrm2 (grad n w)))
    by (unfold Rdiv; ring).
  lra.
Qed.

(** The whole step when there is no momentum. *)
Lemma expect_step_no_momentum n : beta1 M = 0 ->
  expect (fun w => f P (theta M P (Datatypes.S n) w))
  <= expect (fun w => f P (theta M P n w))
     + (- al (Datatypes.S n) * expect (fun w => dot (grad n w) (dir n w))
        + L / 2 * al (Datatypes.S n) ^ 2 * expect (fun w => nrm2 (dir n w))).
Proof.
  intro Hb. rewrite <- !expect_scal, <- !expect_plus. apply expect_le; intro w.
  replace (theta M P (Datatypes.S n) w) with (line (theta M P n w) (fun i => - al (Datatypes.S n) * dir n w i) 1).
  - eapply Rle_trans; [apply (smooth_descent P L f_inf _ _ HS)|]. rewrite dot_scal, nrm2_scal. right. unfold gradient. ring.
  - apply functional_extensionality; intro i. unfold line. pose proof (first_range M V).
    change (theta M P (Datatypes.S n) w i) with (theta M P n w i - al (Datatypes.S n) * mom (Datatypes.S n) w i).
    replace (mom (Datatypes.S n) w i) with (dir n w i); [ring|].
    destruct n as [|n]; [rewrite mom_first; replace (first M) with 1 by lra|rewrite mom_next, Hb]; ring.
Qed.

(** *** Sums over the steps, for any means
    [q n] is E Q, [F n] is E f(phi_n), and the other letters are means of the terms
    of [first_step] and [next_step]; this part knows no probability space. *)
Section Sums.
Variables (T : nat) (k Pm : R) (B : nat -> R).
Hypothesis Pm_nonneg : 0 <= Pm.
Hypothesis Hdec : forall n, (1 <= n)%nat -> 0 <= d_ n.

Definition rest (n : nat) : R :=
  match n with
  | O => al 1 * rho * B O + L * Pm * ((al 1 * rho) ^ 2 / 2)
  | _ => al (Datatypes.S n) * B n + kappa * d_ n * (eps M * Pm)
         + L * Pm * (al (Datatypes.S n) ^ 2 / 2 + kappa * (al n ^ 2 - d_ n ^ 2)
                     + kappa ^ 2 * ((al n ^ 2 - al (Datatypes.S n) ^ 2) / 2 + d_ n ^ 2))
  end.

Definition weight (n : nat) : R := match n with O => al 1 * rho | _ => al (Datatypes.S n) end.

Lemma first_rest q mean_dot dir2 : k * q - B O <= mean_dot -> dir2 <= Pm ->
  - (al 1 * rho) * mean_dot + L / 2 * (al 1 * rho) ^ 2 * dir2 <= - (k * (weight O * q)) + rest O.
Proof.
  intros H1 H2. pose proof (alpha_pos M V O) as Ha. pose proof (first_range M V) as Hf. pose proof (beta1_range M V) as Hb.
  assert (Hr : 0 <= al 1 * rho).
  { apply Rmult_le_pos; [lra|]. apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat; lra]. }
  apply Rmult_le_compat_l with (r := al 1 * rho) in H1; [|exact Hr].
  apply Rmult_le_compat_l with (r := L / 2 * (al 1 * rho) ^ 2) in H2.
  2:{ apply Rmult_le_pos; [pose proof (sm_L P _ _ HS); lra|apply pow2_ge_0]. }
  unfold rest, weight. lra.
Qed.

Lemma next_rest m q mean_dot dir2 mom2 grad2 : let n := Datatypes.S m in
  k * q - B n <= mean_dot -> dir2 <= Pm -> mom2 <= Pm -> d_ n * grad2 <= d_ n * (eps M ^ 2 * Pm) ->
  - al (Datatypes.S n) * mean_dot + (coef_a n * dir2 + (coef_m n * mom2 + kappa * d_ n / (2 * eps M) * grad2))
  <= - (k * (weight n * q)) + rest n.
Proof.
  intros n H1 H2 H3 H4. pose proof (Hdec n ltac:(lia)) as Hd.
  pose proof (eps_pos M V) as He. pose proof kappa_nonneg as Hk. pose proof (sm_L P _ _ HS) as HL.
  pose proof (alpha_pos M V n : 0 < al (Datatypes.S n)) as Ha. pose proof (alpha_pos M V m : 0 < al n) as Ha0.
  assert (Hkd : 0 <= kappa * d_ n) by (apply Rmult_le_pos; assumption).
  assert (Hc1 : 0 <= al (Datatypes.S n) * (L * (kappa * al n) / 2)).
  { apply Rmult_le_pos; [lra|]. apply Rmult_le_pos; [|lra]. apply Rmult_le_pos; [exact HL|apply Rmult_le_pos; lra]. }
  assert (Hc2 : 0 <= al (Datatypes.S n) * (kappa * d_ n)) by (apply Rmult_le_pos; lra).
  assert (HA : 0 <= coef_a n).
  { unfold coef_a. apply Rplus_le_le_0_compat; [exact Hc1|]. apply Rmult_le_pos; [lra|].
    pose proof (pow2_ge_0 (al (Datatypes.S n))). lra. }
  assert (HM : 0 <= coef_m n).
  { unfold coef_m. apply Rplus_le_le_0_compat; [apply Rplus_le_le_0_compat; [exact Hc1|]|].
    - apply Rmult_le_pos; [exact Hkd|]. apply Rplus_le_le_0_compat; [|lra].
      apply Rmult_le_pos; [exact HL|apply Rmult_le_pos; lra].
    - apply Rmult_le_pos; [lra|]. pose proof (pow2_ge_0 (kappa * d_ n)). lra. }
  apply Rmult_le_compat_l with (r := al (Datatypes.S n)) in H1; [|lra].
  apply Rmult_le_compat_l with (r := coef_a n) in H2; [|exact HA].
  apply Rmult_le_compat_l with (r := coef_m n) in H3; [|exact HM].
  apply Rmult_le_compat_l with (r := kappa / (2 * eps M)) in H4.
  2:{ apply Rmult_le_pos; [exact Hk|left; apply Rinv_0_lt_compat; lra]. }
  replace (kappa * d_ n / (2 * eps M) * grad2) with (kappa / (2 * eps M) * (d_ n * grad2)) by (field; lra).
  apply Rle_trans with (- al (Datatypes.S n) * (k * q - B n)
    + (coef_a n * Pm + (coef_m n * Pm + kappa / (2 * eps M) * (d_ n * (eps M ^ 2 * Pm))))); [lra|].
  right. unfold rest, weight, coef_a, coef_m, n. fold n. unfold d_. field. lra.
Qed.

Variables (F q : nat -> R) (F0 : R).
Hypothesis q_nonneg : forall n, 0 <= q n.
Hypothesis first_mean : F 1%nat <= F0 - k * (weight O * q O) + rest O.
Hypothesis next_mean : forall m, let n := Datatypes.S m in (n < T)%nat -> F (Datatypes.S n) <= F n - k * (weight n * q n) + rest n.
Hypothesis last_mean : f_inf <= F T.

(** Step 6: the sum over the steps. *)
Theorem sum_of_steps : (1 <= T)%nat -> k * nsum (fun n => weight n * q n) T <= F0 - f_inf + nsum rest T.
Proof.
  intro HT.
  assert (H : forall n, (Datatypes.S n <= T)%nat ->
    F (Datatypes.S n) <= F0 - k * nsum (fun n => weight n * q n) (Datatypes.S n) + nsum rest (Datatypes.S n)).
  { induction n as [|n IH]; intro Hn.
    - cbn [nsum]. lra.
    - pose proof (next_mean n ltac:(lia)) as A. specialize (IH ltac:(lia)).
      remember (Datatypes.S n) as m. cbn [nsum]. cbv zeta in A. lra. }
  destruct T as [|n]; [lia|]. specialize (H n (le_n _)). lra.
Qed.

(** With weights alpha_t (the weight of the first step is at least alpha_1). *)
Corollary alpha_sum_of_steps : (1 <= T)%nat -> 0 <= k ->
  k * nsum (fun n => al (Datatypes.S n) * q n) T <= F0 - f_inf + nsum rest T.
Proof.
  intros HT Hk. eapply Rle_trans; [|apply (sum_of_steps HT)]. apply Rmult_le_compat_l; [exact Hk|].
  apply nsum_le; intros n _. apply Rmult_le_compat_r; [apply q_nonneg|].
  destruct n as [|n]; [|apply Rle_refl]. simpl. pose proof (first_range M V). pose proof (beta1_range M V).
  rewrite <- (Rmult_1_r (al 1)) at 1. apply Rmult_le_compat_l; [left; apply alpha_pos, V|].
  unfold rho. apply Rmult_le_reg_r with (1 - beta1 M); [lra|].
  unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra.
Qed.

End Sums.

(** *** In expectation *)
Variables (T : nat) (k Pm : R) (B : nat -> R).
Hypothesis Pm_nonneg : 0 <= Pm.
Hypothesis Hdir : forall n, (n < T)%nat -> k * EQ n - B n <= expect (fun w => dot (grad n w) (dir n w)).
Hypothesis Hdm : forall n, (n < T)%nat -> expect (fun w => nrm2 (dir n w)) <= Pm.
Hypothesis Hdec : forall n, (1 <= n)%nat -> 0 <= d_ n.
Hypothesis Hgm : forall n, (1 <= n < T)%nat -> d_ n * expect (fun w => nrm2 (grad n w)) <= d_ n * (eps M ^ 2 * Pm).

Lemma expect_first_step : (1 <= T)%nat ->
  expect (fun w => f P (phi 1 w)) <= expect (fun w => f P (theta0 P w)) - k * (weight O * EQ O) + rest Pm B O.
Proof.
  intro HT. eapply Rle_trans; [apply expect_le; intro; apply first_step|].
  rewrite !expect_plus, !expect_scal. pose proof (first_rest k Pm B _ _ _ (Hdir O HT) (Hdm O HT)). lra.
Qed.

Lemma expect_next_step m : let n := Datatypes.S m in (n < T)%nat ->
  expect (fun w => f P (phi (Datatypes.S n) w))
  <= expect (fun w => f P (phi n w)) - k * (weight n * EQ n) + rest Pm B n.
Proof.
  intros n Hn. eapply Rle_trans; [apply expect_le; intro w; apply (next_step m w (Hdec n ltac:(lia)))|]. fold n.
  rewrite !expect_plus, !expect_scal.
  pose proof (next_rest k Pm B Hdec m _ _ _ _ _ (Hdir n Hn) (Hdm n Hn)
    (mom_moment M P V n Pm Pm_nonneg (fun j Hj => Hdm j (Nat.lt_trans _ _ _ Hj Hn))) (Hgm n ltac:(lia))) as A.
  fold n in A. lra.
Qed.

Corollary descent_alpha_sum : (1 <= T)%nat -> 0 <= k ->
  k * nsum (fun n => al (Datatypes.S n) * EQ n) T <= expect (fun w => f P (theta0 P w)) - f_inf + nsum (rest Pm B) T.
Proof.
  intros HT. apply (alpha_sum_of_steps T k Pm B (fun n => expect (fun w => f P (phi n w)))).
  - intro n. apply expect_Q_nonneg, V.
  - apply (expect_first_step HT).
  - exact expect_next_step.
  - apply (expect_lower P L _ _ HS).
  - exact HT.
Qed.

End Descent.
