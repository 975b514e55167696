(** T4.1, E.1 and E.2 on any probability space, infinite ones included.

    The space is given abstractly: [Om] outcomes; [Meas] random variables; [Fil n]
    the F_n-measurable ones; [Int] the integrable ones with expectation [Ex].  Every
    hypothesis is a textbook fact about measurable functions and the Lebesgue
    integral; [GeneralInstance.v] meets them all. *)
From Coq Require Import Reals Lra Psatz List FunctionalExtensionality.
From ADOPT Require Import FiniteSum Vector Holder Space Adopt SecondMoment Momentum Descent ConstantStep Clipping StepSizes Decaying.
Import ListNotations.
Open Scope R_scope.

(** The recurrences and their pointwise inequalities are those of [Adopt.v] to
    [Descent.v].  They are stated over a [space]; to speak of single outcomes, take the one
    whose expectation is the value at [w0] and where everything is known at once. *)
Definition dirac (Om : Type) (w0 : Om) : space.
Proof.
  refine (Space Om (fun _ w w' => w = w') (fun F => F w0) (fun _ F => F) _ _ _ _ _ _ _ _ _ _ _ _ _ _);
    try reflexivity; auto.
  intros n F w w' ->. reflexivity.
Defined.

Section General.
Context {Om I : Type}.
Notation rv := (Om -> R).
Variable w0 : Om.
Variables (M : method) (P : problem (dirac Om w0) I).
Notation idx := (idx P).

(** Closure properties of a class of random variables (true for the functions
    measurable w.r.t. any sigma-algebra, f and its gradient being continuous). *)
Record mclass (K : rv -> Prop) : Prop := {
  mc_const : forall c, K (fun _ => c);
  mc_plus : forall F H, K F -> K H -> K (fun w => F w + H w);
  mc_mult : forall F H, K F -> K H -> K (fun w => F w * H w);
  mc_max : forall F H, K F -> K H -> K (fun w => Rmax (F w) (H w));
  mc_sqrt : forall F, K F -> K (fun w => sqrt (F w));
  mc_inv : forall F, (forall w, 0 < F w) -> K F -> K (fun w => / F w);
  mc_rpow : forall F y, K F -> K (fun w => rpow (F w) y);
  mc_f : forall x : Om -> I -> R, (forall i, K (fun w => x w i)) -> K (fun w => f P (x w));
  mc_nf : forall x : Om -> I -> R, (forall i, K (fun w => x w i)) -> forall i, K (fun w => nf P (x w) i) }.

Variables (Meas Int : rv -> Prop) (Fil : nat -> rv -> Prop) (Ex : rv -> R).
Hypothesis HMeas : mclass Meas.
Hypothesis HFil : forall n, mclass (Fil n).
Hypothesis Fil_mono : forall n F, Fil n F -> Fil (S n) F.
Hypothesis Fil_meas : forall n F, Fil n F -> Meas F.
(** Lebesgue integral *)
Hypothesis Int_const : forall c, Int (fun _ => c).
Hypothesis Int_plus : forall F H, Int F -> Int H -> Int (fun w => F w + H w).
Hypothesis Int_scal : forall c F, Int F -> Int (fun w => c * F w).
Hypothesis Int_dom : forall F H, Meas F -> Int H -> (forall w, Rabs (F w) <= H w) -> Int F.
Hypothesis Ex_const : forall c, Ex (fun _ => c) = c.
Hypothesis Ex_plus : forall F H, Int F -> Int H -> Ex (fun w => F w + H w) = Ex F + Ex H.
Hypothesis Ex_scal : forall c F, Int F -> Ex (fun w => c * F w) = c * Ex F.
Hypothesis Ex_le : forall F H, Int F -> Int H -> (forall w, F w <= H w) -> Ex F <= Ex H.

Variables (L f_inf G : R).
Hypothesis V : valid M.
Hypothesis HS : smooth P L f_inf.
(** What is done to the normalised gradient (nothing, or clipping) is continuous. *)
Hypothesis post_measurable : forall K, mclass K -> forall t F, K F -> K (fun w => post M t (F w)).
(** theta_0 is F_0-measurable with E f(theta_0) finite; the oracle is adapted, with bounded second
    moment, bounded gradient (it follows from the second moment and Jensen), and unbiased. *)
Hypothesis start_known : forall i, Fil 0 (fun w => theta0 P w i).
Hypothesis start_integrable : Int (fun w => f P (theta0 P w)).
Hypothesis Hadapt : forall n i, Fil n (fun w => g P n w i).
Hypothesis Hsec_int : forall n, Int (fun w => nrm2 idx (g P n w)).
Hypothesis Hsec : forall n, Ex (fun w => nrm2 idx (g P n w)) <= G ^ 2.
Hypothesis Hbnd : forall x, nrm2 idx (nf P x) <= G ^ 2.
Hypothesis Hunb : forall n i Z B, Fil n Z -> (forall w, Rabs (Z w) <= B) ->
  Ex (fun w => Z w * g P (S n) w i) = Ex (fun w => Z w * gradient M P n w i).

Notation nrm2 := (nrm2 idx).
Notation dot := (dot idx).
Notation st n w := (adopt M P n w).
Let Pm := G ^ 2 / eps M ^ 2.

(** *** measurability *)
Section Class.
Variable K : rv -> Prop.
Hypothesis HK : mclass K.
Lemma K_ext F H : K F -> (forall w, F w = H w) -> K H.
Proof. intros HF E. replace H with F; [exact HF|apply functional_extensionality, E]. Qed.
Lemma K_scal c F : K F -> K (fun w => c * F w).
Proof. intro H. apply (mc_mult _ HK (fun _ => c)); [apply (mc_const _ HK)|exact H]. Qed.
Lemma K_square F : K F -> K (fun w => F w ^ 2).
Proof. intro H. apply (K_ext (fun w => F w * F w)); [apply (mc_mult _ HK); exact H|intro; ring]. Qed.
Lemma K_sum {A} (l : list A) (F : A -> rv) : (forall a, K (F a)) -> K (fun w => lsum l (fun a => F a w)).
Proof.
  intro H. induction l as [|a l IH]; simpl; [apply (mc_const _ HK)|].
  apply (mc_plus _ HK); [apply H|exact IH].
Qed.
Lemma K_quotient F H : (forall w, 0 < H w) -> K F -> K H -> K (fun w => F w / H w).
Proof. intros Q HF HH. apply (mc_mult _ HK); [exact HF|apply (mc_inv _ HK); assumption]. Qed.
End Class.

Lemma eps_pos' : 0 < eps M.
Proof. apply eps_pos, V. Qed.

Lemma state_known n : forall i,
  Fil n (fun w => th (st n w) i) /\ Fil n (fun w => mm (st n w) i) /\ Fil n (fun w => vv (st n w) i).
Proof.
  induction n as [|n IH]; intro i; simpl.
  - repeat split; [apply start_known|apply (mc_const _ (HFil 0))|]. apply (K_square _ (HFil 0)), Hadapt.
  - destruct (IH i) as [H1 [H2 H3]]. apply Fil_mono in H1. apply Fil_mono in H2. apply Fil_mono in H3.
    pose proof (HFil (S n)) as HK.
    assert (Hm : Fil (S n) (fun w => beta1 M * mm (st n w) i
      + gain M n * post M (S n) (g P (S n) w i / den (eps M) (st n w) i))).
    { apply (mc_plus _ HK); apply (K_scal _ HK); [exact H2|]. apply (post_measurable _ HK).
      apply (K_quotient _ HK); [intro w; exact (s_pos M P V n w i)|apply Hadapt|].
      apply (mc_max _ HK); [apply (mc_sqrt _ HK), H3|apply (mc_const _ HK)]. }
    repeat split; [|exact Hm|].
    + apply (K_ext _ (fun w => th (st n w) i + - alpha M (S n) * (beta1 M * mm (st n w) i
        + gain M n * post M (S n) (g P (S n) w i / den (eps M) (st n w) i)))).
      * apply (mc_plus _ HK); [exact H1|apply (K_scal _ HK), Hm].
      * intro w; ring.
    + apply (mc_plus _ HK); apply (K_scal _ HK); [exact H3|apply (K_square _ HK), Hadapt].
Qed.

Lemma s_known n i : Fil n (fun w => s_ M P n w i).
Proof.
  pose proof (HFil n) as HK. apply (mc_max _ HK); [apply (mc_sqrt _ HK), state_known|apply (mc_const _ HK)].
Qed.

Lemma gradient_known n i : Fil n (fun w => gradient M P n w i).
Proof. apply (mc_nf _ (HFil n) (fun w => th (st n w))). intro; apply state_known. Qed.

Lemma phi_known n i : Fil n (fun w => phi M P n w i).
Proof.
  pose proof (HFil n) as HK.
  apply (K_ext _ (fun w => th (st n w) i + - (kappa M * alpha M n) * mm (st n w) i)).
  - apply (mc_plus _ HK); [apply state_known|apply (K_scal _ HK), state_known].
  - intro w. unfold phi, theta, mom. ring.
Qed.

Lemma dir_measurable n i : Meas (fun w => dir M P n w i).
Proof.
  apply (post_measurable _ HMeas). apply (K_quotient _ HMeas); [intro w; exact (s_pos M P V n w i)|apply (Fil_meas (S n)), Hadapt|].
  apply (Fil_meas n), s_known.
Qed.

Lemma nrm2_measurable x : (forall i, Meas (fun w => x w i)) -> Meas (fun w => nrm2 (x w)).
Proof. intro H. apply (K_sum _ HMeas); intro i. apply (K_square _ HMeas), H. Qed.

(** *** integrability and moments *)
Lemma Int_between F H : Meas F -> Int H -> (forall w, 0 <= F w <= H w) -> Int F.
Proof. intros HF HH B. apply (Int_dom F H); auto. intro w. rewrite Rabs_right; [apply B|apply Rle_ge, B]. Qed.

Lemma Pm_nonneg : 0 <= Pm.
Proof. apply Rmult_le_pos; [apply pow2_ge_0|left; apply Rinv_0_lt_compat, pow_lt, eps_pos']. Qed.

Lemma dir_moment' n : Int (fun w => nrm2 (dir M P n w)) /\ Ex (fun w => nrm2 (dir M P n w)) <= Pm.
Proof.
  assert (H1 : Int (fun w => nrm2 (dir M P n w))).
  { apply (Int_between _ (fun w => / eps M ^ 2 * nrm2 (g P (S n) w))); [apply nrm2_measurable, dir_measurable|apply Int_scal, Hsec_int|].
    intro w; split; [apply nrm2_nonneg|apply (dir_square M P V n w)]. }
  split; [exact H1|].
  eapply Rle_trans; [apply (Ex_le _ (fun w => / eps M ^ 2 * nrm2 (g P (S n) w)) H1)|].
  - apply Int_scal, Hsec_int.
  - intro w. apply (dir_square M P V n w).
  - rewrite Ex_scal by apply Hsec_int. unfold Pm, Rdiv. rewrite (Rmult_comm (G ^ 2)).
    apply Rmult_le_compat_l; [left; apply Rinv_0_lt_compat, pow_lt, eps_pos'|apply Hsec].
Qed.

Lemma momentum_moment n : Int (fun w => nrm2 (mom M P n w)) /\ Ex (fun w => nrm2 (mom M P n w)) <= Pm.
Proof.
  assert (Hm : forall n, Meas (fun w => nrm2 (mom M P n w))).
  { intro k. apply nrm2_measurable; intro i. apply (Fil_meas k), state_known. }
  induction n as [|n [I1 I2]].
  - assert (B : forall w, 0 <= nrm2 (mom M P 0 w) <= 0) by (intro w; rewrite (mom_zero M P w); lra).
    assert (H1 : Int (fun w => nrm2 (mom M P 0 w))) by exact (Int_between _ _ (Hm O) (Int_const 0) B).
    split; [exact H1|]. eapply Rle_trans; [apply (Ex_le _ _ H1 (Int_const 0)), B|rewrite Ex_const; apply Pm_nonneg].
  - destruct (dir_moment' n) as [D1 D2]. destruct n as [|n].
    + assert (B : forall w, 0 <= nrm2 (mom M P 1 w) <= nrm2 (dir M P 0 w)).
      { intro w. split; [apply nrm2_nonneg|]. pose proof (mom_square_first M P w) as A. pose proof (first_square M V).
        pose proof (nrm2_nonneg idx (dir M P 0 w)). nra. }
      assert (H1 : Int (fun w => nrm2 (mom M P 1 w))) by exact (Int_between _ _ (Hm 1%nat) D1 B).
      split; [exact H1|]. eapply Rle_trans; [apply (Ex_le _ _ H1 D1), B|exact D2].
    + assert (I3 : Int (fun w => beta1 M * nrm2 (mom M P (S n) w) + (1 - beta1 M) * nrm2 (dir M P (S n) w)))
        by (apply Int_plus; apply Int_scal; assumption).
      assert (H1 : Int (fun w => nrm2 (mom M P (S (S n)) w))).
      { apply (Int_between _ _ (Hm (S (S n))) I3). intro w; split; [apply nrm2_nonneg|apply (mom_square M P V n w)]. }
      split; [exact H1|]. eapply Rle_trans; [apply (Ex_le _ _ H1 I3); intro w; apply (mom_square M P V n w)|].
      rewrite Ex_plus, !Ex_scal by (try apply Int_scal; assumption). pose proof (beta1_range M V). nra.
Qed.

Lemma v_moment n : Int (vsum M P n) /\ Ex (vsum M P n) <= G ^ 2.
Proof.
  induction n as [|n [I1 I2]]; [split; [apply (Hsec_int 0)|apply (Hsec 0)]|].
  assert (E : (fun w : Om => vsum M P (S n) w) = (fun w => beta2 M * vsum M P n w + (1 - beta2 M) * nrm2 (g P (S n) w)))
    by (apply functional_extensionality; intro w; apply (vsum_step M P n w)).
  change (vsum M P (S n)) with (fun w : Om => vsum M P (S n) w). rewrite E.
  split; [apply Int_plus; apply Int_scal; [exact I1|apply Hsec_int]|].
  rewrite Ex_plus, !Ex_scal by (try apply Int_scal; try apply Hsec_int; exact I1).
  pose proof (Hsec (S n)). pose proof (beta2_range M V). nra.
Qed.

Lemma gradient_moment' n : Int (fun w => nrm2 (gradient M P n w)) /\ Ex (fun w => nrm2 (gradient M P n w)) <= G ^ 2.
Proof.
  assert (H1 : Int (fun w => nrm2 (gradient M P n w))).
  { apply (Int_between _ (fun _ => G ^ 2)); [|apply Int_const|intro w; split; [apply nrm2_nonneg|apply Hbnd]].
    apply nrm2_measurable; intro i. apply (Fil_meas n), gradient_known. }
  split; [exact H1|]. rewrite <- (Ex_const (G ^ 2)). apply Ex_le; [exact H1|apply Int_const|intro w; apply Hbnd].
Qed.

Lemma coordinate_le x i : In i idx -> x i ^ 2 <= nrm2 x.
Proof. intro H. apply (lsum_in_le idx (fun i => x i ^ 2)); [intros; apply pow2_ge_0|exact H]. Qed.

Lemma product_le a b : Rabs (a * b) <= a ^ 2 + b ^ 2.
Proof. unfold Rabs; destruct (Rcase_abs _); nra. Qed.

Lemma Q_bounds n w : 0 <= Q M P n w <= G ^ 2 / eps M.
Proof.
  split; [apply (Q_nonneg M P V n w)|]. apply Rle_trans with (/ eps M * nrm2 (gradient M P n w)).
  - unfold Q, Vector.nrm2. rewrite <- lsum_scal. apply lsum_le; intro i. unfold Rdiv. rewrite Rmult_comm.
    apply Rmult_le_compat_r; [apply pow2_ge_0|]. apply Rinv_le_contravar; [exact eps_pos'|apply (s_eps M P n w i)].
  - unfold Rdiv. rewrite Rmult_comm. apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat, eps_pos'|apply Hbnd].
Qed.

Lemma Q_integrable n : Int (Q M P n).
Proof.
  apply (Int_between _ (fun _ => G ^ 2 / eps M)); [|apply Int_const|intro; apply Q_bounds].
  apply (K_sum _ HMeas); intro i. apply (K_quotient _ HMeas); [intro w; exact (s_pos M P V n w i)| |].
  - apply (K_square _ HMeas), (Fil_meas n), gradient_known.
  - apply (Fil_meas n), s_known.
Qed.

Lemma Q_mean_nonneg n : 0 <= Ex (Q M P n).
Proof. rewrite <- (Ex_const 0). apply Ex_le; [apply Int_const|apply Q_integrable|intro; apply Q_bounds]. Qed.

Lemma Ex_sum {A} (l : list A) (F : A -> rv) : (forall a, In a l -> Int (F a)) ->
  Int (fun w => lsum l (fun a => F a w)) /\ Ex (fun w => lsum l (fun a => F a w)) = lsum l (fun a => Ex (F a)).
Proof.
  induction l as [|a l IH]; simpl; intro H; [split; [apply Int_const|apply Ex_const]|].
  destruct IH as [I1 I2]; [intros; apply H; right; assumption|]. pose proof (H a (or_introl eq_refl)) as Hh.
  split; [apply Int_plus; assumption|rewrite Ex_plus, I2 by assumption; reflexivity].
Qed.

(** the terms of <grad, a>, and of <grad, g/s> *)
Lemma direction_integrable n i : In i idx -> Int (fun w => gradient M P n w i * dir M P n w i).
Proof.
  intro Hi. apply (Int_dom _ (fun w => G ^ 2 + nrm2 (dir M P n w))).
  - apply (mc_mult _ HMeas); [apply (Fil_meas n), gradient_known|apply dir_measurable].
  - apply Int_plus; [apply Int_const|apply dir_moment'].
  - intro w. eapply Rle_trans; [apply product_le|].
    apply Rplus_le_compat; [eapply Rle_trans; [apply coordinate_le, Hi|apply Hbnd]|apply coordinate_le, Hi].
Qed.

Definition ratio n w i := gradient M P n w i / s_ M P n w i.

Lemma ratio_known n i : Fil n (fun w => ratio n w i).
Proof. apply (K_quotient _ (HFil n)); [intro w; exact (s_pos M P V n w i)|apply gradient_known|apply s_known]. Qed.

Lemma ratio_square n w i : In i idx -> ratio n w i ^ 2 <= Pm.
Proof.
  intro Hi. eapply Rle_trans; [apply (square_quotient (eps M) _ _ eps_pos'), (s_eps M P n w i)|].
  unfold Pm, Rdiv. rewrite (Rmult_comm (G ^ 2)). apply Rmult_le_compat_l; [left; apply Rinv_0_lt_compat, pow_lt, eps_pos'|].
  eapply Rle_trans; [apply coordinate_le, Hi|apply Hbnd].
Qed.

Lemma ratio_abs n w i : In i idx -> Rabs (ratio n w i) <= 1 + Pm.
Proof.
  intro Hi. pose proof (ratio_square n w i Hi). pose proof (product_le (ratio n w i) 1) as A.
  rewrite Rmult_1_r in A. lra.
Qed.

Lemma ratio_draw_integrable n i : In i idx -> Int (fun w => ratio n w i * g P (S n) w i).
Proof.
  intro Hi. apply (Int_dom _ (fun w => Pm + nrm2 (g P (S n) w))).
  - apply (mc_mult _ HMeas); [apply (Fil_meas n), ratio_known|apply (Fil_meas (S n)), Hadapt].
  - apply Int_plus; [apply Int_const|apply Hsec_int].
  - intro w. eapply Rle_trans; [apply product_le|]. apply Rplus_le_compat; [apply ratio_square, Hi|apply coordinate_le, Hi].
Qed.

(** Step 3: E <grad, g/s> = E Q. *)
Lemma decorrelation n : lsum idx (fun i => Ex (fun w => ratio n w i * g P (S n) w i)) = Ex (Q M P n).
Proof.
  assert (Hi : forall i, In i idx -> Int (fun w => gradient M P n w i ^ 2 / s_ M P n w i)).
  { intros i Hi. apply (Int_between _ (Q M P n)); [|apply Q_integrable|].
    - apply (K_quotient _ HMeas); [intro w; exact (s_pos M P V n w i)|apply (K_square _ HMeas), (Fil_meas n), gradient_known|apply (Fil_meas n), s_known].
    - intro w. assert (N : forall j, 0 <= gradient M P n w j ^ 2 / s_ M P n w j).
      { intro j. apply Rmult_le_pos; [apply pow2_ge_0|left; apply Rinv_0_lt_compat, (s_pos M P V n w j)]. }
      split; [apply N|]. apply (lsum_in_le idx (fun j => gradient M P n w j ^ 2 / s_ M P n w j)); [intros; apply N|exact Hi]. }
  transitivity (lsum idx (fun i => Ex (fun w => gradient M P n w i ^ 2 / s_ M P n w i))).
  2:{ symmetry. exact (proj2 (Ex_sum idx (fun i w => gradient M P n w i ^ 2 / s_ M P n w i) Hi)). }
  apply lsum_ext_in; intros i Hin. rewrite (Hunb n i (fun w => ratio n w i) (1 + Pm)).
  - f_equal. apply functional_extensionality; intro w. unfold ratio, Rdiv. ring.
  - apply ratio_known.
  - intro w. apply ratio_abs, Hin.
Qed.

(** *** The value along phi *)
Lemma value_integrable n F : Int F -> (forall w, f P (phi M P n w) <= F w) -> Int (fun w => f P (phi M P n w)).
Proof.
  intros HF B. apply (Int_dom _ (fun w => F w + 2 * Rabs f_inf)).
  - apply (mc_f _ HMeas (fun w => phi M P n w)). intro i. apply (Fil_meas n), phi_known.
  - apply Int_plus; [exact HF|apply Int_const].
  - intro w. pose proof (B w). pose proof (sm_lower _ _ _ HS (phi M P n w)).
    unfold Rabs. destruct (Rcase_abs (f P (phi M P n w))), (Rcase_abs f_inf); lra.
Qed.

Lemma direction_sum n : Int (fun w => dot (gradient M P n w) (dir M P n w)).
Proof. exact (proj1 (Ex_sum idx (fun i w => gradient M P n w i * dir M P n w i) (direction_integrable n))). Qed.

Section Sum.
Variables (T : nat) (k : R) (B : nat -> R).
Hypothesis HT : (1 <= T)%nat.
Hypothesis Hk : 0 <= k.
Hypothesis Hdec : forall n, (1 <= n)%nat -> 0 <= d_ M n.
Hypothesis Hdir : forall n, (n < T)%nat -> k * Ex (Q M P n) - B n <= Ex (fun w => dot (gradient M P n w) (dir M P n w)).
Notation Fv n := (Ex (fun w => f P (phi M P n w))).
Notation F0 := (Ex (fun w => f P (theta0 P w))).
Notation rst := (rest M L Pm B).

Definition first_upper w := f P (theta0 P w) + ((- (alpha M 1 * rho M)) * dot (gradient M P 0 w) (dir M P 0 w)
  + L / 2 * (alpha M 1 * rho M) ^ 2 * nrm2 (dir M P 0 w)).

Lemma first_value : Int (fun w => f P (phi M P 1 w)) /\ Fv 1%nat <= F0 - k * (weight M O * Ex (Q M P 0)) + rst O.
Proof.
  destruct (dir_moment' 0) as [D1 D2]. pose proof (direction_sum 0) as D3.
  assert (IU : Int first_upper) by (apply Int_plus; [exact start_integrable|apply Int_plus; apply Int_scal; assumption]).
  assert (B1 : forall w, f P (phi M P 1 w) <= first_upper w)
    by (intro w; pose proof (first_step M P L f_inf V HS w); unfold first_upper; lra).
  pose proof (value_integrable 1 _ IU B1) as I1. split; [exact I1|].
  eapply Rle_trans; [apply (Ex_le _ _ I1 IU B1)|]. unfold first_upper.
  rewrite Ex_plus, Ex_plus, !Ex_scal by (try apply Int_plus; try apply Int_scal; assumption).
  pose proof (first_rest M P L f_inf V HS k Pm B _ _ _ (Hdir 0 HT) D2). lra.
Qed.

Definition next_upper n w := f P (phi M P n w) + ((- alpha M (S n)) * dot (gradient M P n w) (dir M P n w)
  + (coef_a M L n * nrm2 (dir M P n w) + (coef_m M L n * nrm2 (mom M P n w)
     + kappa M * d_ M n / (2 * eps M) * nrm2 (gradient M P n w)))).

Lemma next_value m : let n := S m in Int (fun w => f P (phi M P n w)) ->
  Int (fun w => f P (phi M P (S n) w)) /\
  ((n < T)%nat -> Fv (S n) <= Fv n - k * (weight M n * Ex (Q M P n)) + rst n).
Proof.
  intros n IF. destruct (dir_moment' n) as [D1 D2]. destruct (momentum_moment n) as [M1 M2].
  destruct (gradient_moment' n) as [G1 G2]. pose proof (direction_sum n) as D3.
  assert (IU : Int (next_upper n)).
  { apply Int_plus; [exact IF|]. apply Int_plus; [apply Int_scal; assumption|].
    apply Int_plus; [apply Int_scal; assumption|]. apply Int_plus; apply Int_scal; assumption. }
  assert (B1 : forall w, f P (phi M P (S n) w) <= next_upper n w).
  { intro w. pose proof (next_step M P L f_inf V HS m w (Hdec n ltac:(lia))) as A. fold n in A. unfold next_upper. lra. }
  pose proof (value_integrable (S n) _ IU B1) as I1. split; [exact I1|]. intro Hn.
  eapply Rle_trans; [apply (Ex_le _ _ I1 IU B1)|]. unfold next_upper.
  rewrite Ex_plus, Ex_plus, Ex_plus, Ex_plus, !Ex_scal
    by (try apply Int_plus; try apply Int_scal; try apply Int_plus; try apply Int_scal; try apply Int_plus; try apply Int_scal; assumption).
  assert (Hg : d_ M n * Ex (fun w => nrm2 (gradient M P n w)) <= d_ M n * (eps M ^ 2 * Pm)).
  { apply Rmult_le_compat_l; [apply Hdec; lia|]. replace (eps M ^ 2 * Pm) with (G ^ 2); [exact G2|].
    unfold Pm. field. pose proof eps_pos'. lra. }
  pose proof (next_rest M P L f_inf V HS k Pm B Hdec m _ _ _ _ _ (Hdir n Hn) D2 M2 Hg) as A. fold n in A. lra.
Qed.

Lemma value_integrable_later n : Int (fun w => f P (phi M P (S n) w)).
Proof. induction n as [|n IH]; [apply first_value|apply (next_value n), IH]. Qed.

Lemma general_sum : k * nsum (fun n => alpha M (S n) * Ex (Q M P n)) T <= F0 - f_inf + nsum rst T.
Proof.
  apply (alpha_sum_of_steps M L f_inf V T k Pm B (fun n => Fv n)); try assumption.
  - exact Q_mean_nonneg.
  - apply first_value.
  - intros m n Hn. apply (next_value m (value_integrable_later m)), Hn.
  - rewrite <- (Ex_const f_inf). replace T with (S (pred T)) by lia.
    apply Ex_le; [apply Int_const|apply value_integrable_later|intro w; apply (sm_lower _ _ _ HS)].
Qed.
End Sum.

(** *** Step 7 *)
Definition power n w : R := rpow (norm idx (gradient M P n w)) (4 / 3).
(** M_t^(3/2) = (E ||grad f(theta_(t-1))||^(4/3))^(3/2) *)
Definition general_measure (t : nat) : R := rpow (Ex (power (pred t))) (3 / 2).

Lemma radius_nonneg n w : 0 <= eps M ^ 2 + vsum M P n w.
Proof. pose proof (pow2_ge_0 (eps M)). pose proof (vsum_nonneg M P V n w). lra. Qed.

Lemma power_integrable n : Int (power n).
Proof.
  destruct (v_moment n) as [V1 _].
  apply (Int_between _ (fun w => 2 / 3 * Q M P n w + 1 / 3 * (eps M ^ 2 + vsum M P n w))).
  - apply (mc_rpow _ HMeas), (mc_sqrt _ HMeas), nrm2_measurable. intro i. apply (Fil_meas n), gradient_known.
  - apply Int_plus; apply Int_scal; [apply Q_integrable|apply Int_plus; [apply Int_const|exact V1]].
  - intro w. split; [apply rpow_nonneg|].
    pose proof (amgm3 (power n w) (Q M P n w) _ (rpow_nonneg _ _) (proj1 (Q_bounds n w)) (radius_nonneg n w) (gradient_power M P V n w)). lra.
Qed.

Lemma general_holder n : 0 <= general_measure (S n) <= sqrt (G ^ 2 + eps M ^ 2) * Ex (Q M P n).
Proof.
  split; [apply rpow_nonneg|]. unfold general_measure. cbn [pred]. destruct (v_moment n) as [V1 V2].
  assert (IN : Int (fun w => eps M ^ 2 + vsum M P n w)) by (apply Int_plus; [apply Int_const|exact V1]).
  apply (holder_32 Om (power n) (Q M P n) (fun w => eps M ^ 2 + vsum M P n w) _ _ (Ex (fun w => eps M ^ 2 + vsum M P n w))).
  - intros a b H. pose proof (Int_scal a _ (Q_integrable n)) as I1. pose proof (Int_scal b _ IN) as I2.
    rewrite <- (Ex_scal a) by apply Q_integrable. rewrite <- (Ex_scal b) by exact IN.
    rewrite <- (Ex_plus _ _ I1 I2). apply Ex_le; [apply power_integrable|apply Int_plus; assumption|exact H].
  - intro; apply rpow_nonneg.
  - intro; apply Q_bounds.
  - intro; apply radius_nonneg.
  - rewrite <- (Ex_const 0); apply Ex_le; [apply Int_const|apply power_integrable|intro; apply rpow_nonneg].
  - apply Q_mean_nonneg.
  - rewrite <- (Ex_const 0); apply Ex_le; [apply Int_const|exact IN|intro; apply radius_nonneg].
  - intro w. apply (gradient_power M P V n w).
  - rewrite Ex_plus, Ex_const by (try apply Int_const; exact V1). lra.
Qed.

Lemma average_general_measure T : (1 <= T)%nat ->
  average general_measure T <= sqrt (G ^ 2 + eps M ^ 2) * average (fun t => Ex (Q M P (pred t))) T.
Proof.
  intro HT. pose proof (INR_pos T HT) as PT.
  unfold average, sum_1_to, Rdiv. rewrite <- Rmult_assoc, <- nsum_scal.
  apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat, PT|]. apply nsum_le; intros n Hn. apply general_holder.
Qed.

(** Without clipping the direction is g/s. *)
Lemma plain_direction : (forall t a, post M t a = a) -> forall n,
  Ex (fun w => dot (gradient M P n w) (dir M P n w)) = Ex (Q M P n).
Proof.
  intros Hid n. rewrite <- decorrelation.
  refine (eq_trans (proj2 (Ex_sum idx (fun i w => gradient M P n w i * dir M P n w i) (direction_integrable n))) _).
  apply lsum_ext; intro i. f_equal. apply functional_extensionality; intro w. unfold dir, ratio. rewrite Hid. unfold Rdiv. ring.
Qed.

(** Clipping at c_t: the second moment must be bounded given the past.  [W n i] is E[g_(n+1,i)^2 | F_n]. *)
Section Clipped.
Variables (c : nat -> R) (W : nat -> I -> rv).
Hypothesis Hpost : forall t a, post M t a = clip (c t) a.
Hypothesis Hc : forall t, 0 < c (S t).
Hypothesis W_known : forall n i, Fil n (W n i).
Hypothesis W_nonneg : forall n i w, 0 <= W n i w.
Hypothesis W_is : forall n i Z B, Fil n Z -> (forall w, Rabs (Z w) <= B) ->
  Ex (fun w => Z w * g P (S n) w i ^ 2) = Ex (fun w => Z w * W n i w).
Hypothesis W_bound : forall n w, lsum idx (fun i => W n i w) <= G ^ 2.

Definition bias_weight n w i := Rabs (gradient M P n w i) / (4 * c (S n) * s_ M P n w i ^ 2).

Lemma abs_known n F : Fil n F -> Fil n (fun w => Rabs (F w)).
Proof.
  intro H. apply (K_ext _ (fun w => Rmax (F w) (-1 * F w))).
  - apply (mc_max _ (HFil n)); [exact H|apply (K_scal _ (HFil n)), H].
  - intro w. unfold Rmax, Rabs. destruct (Rle_dec _ _), (Rcase_abs _); lra.
Qed.

Lemma bias_weight_known n i : Fil n (fun w => bias_weight n w i).
Proof.
  pose proof (HFil n) as HK. pose proof (Hc n). apply (K_quotient _ HK).
  - intro w. pose proof (s_pos M P V n w i). apply Rmult_lt_0_compat; [lra|apply pow_lt; assumption].
  - apply abs_known, gradient_known.
  - apply (K_scal _ HK), (K_square _ HK), s_known.
Qed.

Lemma bias_weight_bound n w i : In i idx -> 0 <= bias_weight n w i <= (1 + G ^ 2) / (4 * c (S n) * eps M ^ 2).
Proof.
  intro Hi. pose proof (Hc n) as Pc. pose proof eps_pos' as Pe. pose proof (s_eps M P n w i) as Hs.
  assert (P1 : 0 < 4 * c (S n) * eps M ^ 2) by (apply Rmult_lt_0_compat; [lra|apply pow_lt; lra]).
  assert (P2 : 4 * c (S n) * eps M ^ 2 <= 4 * c (S n) * s_ M P n w i ^ 2).
  { apply Rmult_le_compat_l; [lra|]. apply pow_incr. lra. }
  unfold bias_weight. split.
  - apply Rmult_le_pos; [apply Rabs_pos|left; apply Rinv_0_lt_compat; lra].
  - unfold Rdiv. apply Rmult_le_compat; [apply Rabs_pos|left; apply Rinv_0_lt_compat; lra| |apply Rinv_le_contravar; lra].
    pose proof (product_le (gradient M P n w i) 1) as A. rewrite Rmult_1_r in A.
    pose proof (coordinate_le (gradient M P n w) i Hi). pose proof (Hbnd (theta M P n w)). unfold gradient in *. lra.
Qed.

(** E <grad, a> >= E Q / 2 - G^4 / (32 eps^3 c^2) *)
Lemma clipped_general_direction n :
  / 2 * Ex (Q M P n) - G ^ 4 / (32 * eps M ^ 3 * c (S n) ^ 2) <= Ex (fun w => dot (gradient M P n w) (dir M P n w)).
Proof.
  pose proof (Hc n) as Pc. set (ct := c (S n)) in *. pose proof eps_pos' as Pe.
  set (z := / (32 * eps M ^ 3 * ct ^ 2)).
  assert (Pe3 : 0 < eps M ^ 3) by (apply pow_lt, Pe). assert (Pc2 : 0 < ct ^ 2) by (apply pow_lt, Pc).
  assert (Hz : 0 < z) by (apply Rinv_0_lt_compat; repeat apply Rmult_lt_0_compat; lra).
  (* pointwise: y a >= y g/s - |y| g^2 / (4 c s^2) *)
  assert (P1 : forall w i, ratio n w i * g P (S n) w i + -1 * (bias_weight n w i * g P (S n) w i ^ 2) <= gradient M P n w i * dir M P n w i).
  { intros w i. unfold ratio, bias_weight, dir. rewrite Hpost. fold ct.
    pose proof (s_pos M P V n w i) as Ps. set (s := s_ M P n w i) in *. set (y := gradient M P n w i). set (u := g P (S n) w i).
    pose proof (clip_bias ct (u / s) Pc) as Bd. set (b := clip ct (u / s) - u / s) in *.
    replace (clip ct (u / s)) with (u / s + b) by (unfold b; ring).
    assert (A : - (y * b) <= Rabs y * (/ (4 * ct) * (u / s) ^ 2)).
    { eapply Rle_trans; [apply Rle_abs|]. rewrite Rabs_Ropp, Rabs_mult. apply Rmult_le_compat_l; [apply Rabs_pos|exact Bd]. }
    replace (Rabs y * (/ (4 * ct) * (u / s) ^ 2)) with (Rabs y / (4 * ct * s ^ 2) * u ^ 2) in A by (field; lra).
    replace (y / s * u) with (y * (u / s)) by (field; lra). lra. }
  assert (Ibg : forall i, In i idx -> Int (fun w => bias_weight n w i * g P (S n) w i ^ 2)).
  { intros i Hi. apply (Int_between _ (fun w => (1 + G ^ 2) / (4 * ct * eps M ^ 2) * nrm2 (g P (S n) w))).
    - apply (mc_mult _ HMeas); [apply (Fil_meas n), bias_weight_known|apply (K_square _ HMeas), (Fil_meas (S n)), Hadapt].
    - apply Int_scal, Hsec_int.
    - intro w. destruct (bias_weight_bound n w i Hi) as [B0 B1]. pose proof (pow2_ge_0 (g P (S n) w i)).
      split; [apply Rmult_le_pos; assumption|]. apply Rmult_le_compat; try assumption. apply coordinate_le, Hi. }
  assert (Iq : forall i, In i idx -> Int (fun w => gradient M P n w i ^ 2 / s_ M P n w i)).
  { intros i Hi. apply (Int_between _ (fun _ => G ^ 2 / eps M)); [|apply Int_const|].
    - apply (K_quotient _ HMeas); [intro w; exact (s_pos M P V n w i)|apply (K_square _ HMeas), (Fil_meas n), gradient_known|apply (Fil_meas n), s_known].
    - intro w. pose proof (s_eps M P n w i). pose proof (pow2_ge_0 (gradient M P n w i)) as N. split.
      + apply Rmult_le_pos; [exact N|left; apply Rinv_0_lt_compat; lra].
      + unfold Rdiv. apply Rmult_le_compat; [exact N|left; apply Rinv_0_lt_compat; lra| |apply Rinv_le_contravar; lra].
        eapply Rle_trans; [apply (coordinate_le (gradient M P n w) i Hi)|apply Hbnd]. }
  assert (HW : forall i w, In i idx -> W n i w <= G ^ 2).
  { intros i w Hi. eapply Rle_trans; [|apply (W_bound n w)]. apply (lsum_in_le idx (fun i => W n i w)); [intros; apply W_nonneg|exact Hi]. }
  assert (Iw : forall i, In i idx -> Int (fun w => W n i w ^ 2)).
  { intros i Hi. apply (Int_between _ (fun _ => (G ^ 2) ^ 2)); [apply (K_square _ HMeas), (Fil_meas n), W_known|apply Int_const|].
    intro w. split; [apply pow2_ge_0|]. apply pow_incr. split; [apply W_nonneg|apply HW, Hi]. }
  assert (Ibw : forall i, In i idx -> Int (fun w => bias_weight n w i * W n i w)).
  { intros i Hi. apply (Int_between _ (fun _ => (1 + G ^ 2) / (4 * ct * eps M ^ 2) * G ^ 2)); [|apply Int_const|].
    - apply (mc_mult _ HMeas); [apply (Fil_meas n), bias_weight_known|apply (Fil_meas n), W_known].
    - intro w. destruct (bias_weight_bound n w i Hi) as [B0 B1]. split; [apply Rmult_le_pos; [exact B0|apply W_nonneg]|].
      apply Rmult_le_compat; try assumption; [apply W_nonneg|apply HW, Hi]. }
  (* Young on the bias, whose mean given the past is at most W / (4 c s^2) *)
  assert (Y : forall i, In i idx -> Ex (fun w => bias_weight n w i * g P (S n) w i ^ 2)
    <= / 2 * Ex (fun w => gradient M P n w i ^ 2 / s_ M P n w i) + z * Ex (fun w => W n i w ^ 2)).
  { intros i Hi.
    rewrite (W_is n i (fun w => bias_weight n w i) ((1 + G ^ 2) / (4 * ct * eps M ^ 2))).
    - rewrite <- (Ex_scal (/ 2)), <- (Ex_scal z), <- Ex_plus by (try apply Int_scal; auto).
      apply Ex_le; [apply Ibw, Hi|apply Int_plus; apply Int_scal; auto|]. intro w.
      unfold bias_weight. fold ct. pose proof (s_eps M P n w i) as Hs. set (s := s_ M P n w i) in *. assert (Ps : 0 < s) by lra.
      set (y := gradient M P n w i). set (x := W n i w).
      assert (K1 : Rabs y / (4 * ct * s ^ 2) * x <= / 2 * (y ^ 2 / s) + / (32 * s ^ 3 * ct ^ 2) * x ^ 2).
      { assert (N : 0 <= / (2 * s) * (Rabs y - x / (4 * ct * s)) ^ 2)
          by (apply Rmult_le_pos; [left; apply Rinv_0_lt_compat; lra|apply pow2_ge_0]).
        replace (/ (2 * s) * (Rabs y - x / (4 * ct * s)) ^ 2)
          with (/ 2 * (Rabs y ^ 2 / s) + / (32 * s ^ 3 * ct ^ 2) * x ^ 2 - Rabs y / (4 * ct * s ^ 2) * x) in N by (field; lra).
        rewrite pow2_abs in N. lra. }
      eapply Rle_trans; [exact K1|]. apply Rplus_le_compat_l. apply Rmult_le_compat_r; [apply pow2_ge_0|].
      apply Rinv_le_contravar; [repeat apply Rmult_lt_0_compat; lra|].
      apply Rmult_le_compat_r; [lra|]. apply Rmult_le_compat_l; [lra|]. apply pow_incr. lra.
    - apply bias_weight_known.
    - intro w. destruct (bias_weight_bound n w i Hi). rewrite Rabs_right; [assumption|apply Rle_ge; assumption]. }
  assert (SW : lsum idx (fun i => Ex (fun w => W n i w ^ 2)) <= G ^ 4).
  { rewrite <- (proj2 (Ex_sum idx (fun i w => W n i w ^ 2) Iw)), <- (Ex_const (G ^ 4)).
    apply Ex_le; [apply (Ex_sum idx (fun i w => W n i w ^ 2) Iw)|apply Int_const|]. intro w.
    eapply Rle_trans; [apply (sum_square_le idx (fun i => W n i w)); intro; apply W_nonneg|].
    replace (G ^ 4) with ((G ^ 2) ^ 2) by ring. apply pow_incr. split; [apply lsum_nonneg; intros; apply W_nonneg|apply W_bound]. }
  assert (ED : Ex (fun w => dot (gradient M P n w) (dir M P n w)) = lsum idx (fun i => Ex (fun w => gradient M P n w i * dir M P n w i)))
    by exact (proj2 (Ex_sum idx (fun i w => gradient M P n w i * dir M P n w i) (direction_integrable n))).
  assert (EQ : Ex (Q M P n) = lsum idx (fun i => Ex (fun w => gradient M P n w i ^ 2 / s_ M P n w i)))
    by exact (proj2 (Ex_sum idx (fun i w => gradient M P n w i ^ 2 / s_ M P n w i) Iq)).
  pose proof (decorrelation n) as Dc. rewrite ED.
  apply Rle_trans with (lsum idx (fun i => Ex (fun w => ratio n w i * g P (S n) w i)
     + (- / 2 * Ex (fun w => gradient M P n w i ^ 2 / s_ M P n w i) + - z * Ex (fun w => W n i w ^ 2)))).
  - rewrite !lsum_plus, !lsum_scal, Dc, <- EQ.
    apply Rmult_le_compat_l with (r := z) in SW; [|lra].
    replace (G ^ 4 / (32 * eps M ^ 3 * ct ^ 2)) with (z * G ^ 4) by (unfold z, Rdiv; ring). lra.
  - apply lsum_le_in; intros i Hi. pose proof (Y i Hi) as Yi.
    apply Rle_trans with (Ex (fun w => ratio n w i * g P (S n) w i + -1 * (bias_weight n w i * g P (S n) w i ^ 2))).
    + rewrite Ex_plus, Ex_scal by (try apply Int_scal; try apply ratio_draw_integrable; auto). lra.
    + apply Ex_le; [apply Int_plus; [apply ratio_draw_integrable, Hi|apply Int_scal; auto]|apply direction_integrable, Hi|intro w; apply P1].
Qed.
End Clipped.

(** *** The theorems *)
Notation Delta := (Ex (fun w => f P (theta0 P w)) - f_inf).
Notation b1 := (beta1 M).
Notation e := (eps M).

(** T4.1, m_0 = 0. *)
Theorem adopt_general_probability al T : (forall t, alpha M t = al) -> (forall t a, post M t a = a) ->
  first M = 1 - b1 -> (1 <= T)%nat ->
  min_1_to general_measure T <= average general_measure T /\
  average general_measure T
  <= sqrt (G ^ 2 + e ^ 2) * (Delta / (al * INR T) + al * L * G ^ 2 * (1 + b1) / (2 * e ^ 2 * (1 - b1))).
Proof.
  intros Hal Hid Hfirst HT. split; [apply min_1_to_average, HT|].
  eapply Rle_trans; [apply (average_general_measure T HT)|]. apply Rmult_le_compat_l; [apply sqrt_pos|].
  assert (D0 : forall n, d_ M n = 0) by (intro; unfold d_; rewrite !Hal; ring).
  pose proof eps_pos' as He. pose proof (beta1_range M V) as Hb. pose proof (INR_pos T HT) as PT.
  pose proof (average_of_sum M P L f_inf T al V HS Hal HT 1 Pm (fun _ => 0) (fun n => Ex (Q M P n)) Delta Pm_nonneg Hfirst) as H.
  rewrite nsum_const in H. replace (INR T * 0 / INR T) with 0 in H by (field; lra). rewrite Rplus_0_r in H.
  replace (al * L * G ^ 2 * (1 + b1) / (2 * e ^ 2 * (1 - b1))) with (al * L * Pm * (1 + b1) / (2 * (1 - b1))) by (unfold Pm; field; lra).
  eapply Rle_trans; [right; symmetry; apply Rmult_1_l|]. apply H. apply (general_sum T 1 (fun _ => 0) HT Rle_0_1).
  - intros n _. rewrite D0. lra.
  - intros n _. rewrite (plain_direction Hid n). lra.
Qed.

(** E.1: alpha_t = alpha0 / sqrt t, m_0 = 0. *)
Theorem adopt_decaying_general_probability a0 T : alpha M = decaying a0 -> (forall t a, post M t a = a) ->
  first M = 1 - b1 -> 0 < a0 -> (1 <= T)%nat ->
  min_1_to general_measure T
  <= sqrt (G ^ 2 + e ^ 2) / Rmax (sqrt (INR T)) (2 * sqrt (INR (S T)) - 2)
     * (Delta / a0 + b1 / (1 - b1) * G ^ 2 / e
        + a0 * L * (G ^ 2 / e ^ 2) * ((/ 2 + b1 / (1 - b1)) * (1 + ln (INR T)) + 6164 / 10000 * (b1 / (1 - b1)) ^ 2)).
Proof.
  intros Hal Hid Hfirst Ha HT. pose proof eps_pos' as He. pose proof (beta1_range M V) as Hb.
  assert (Hr : rho M ^ 2 / 2 = / 2 + 0) by (unfold rho; rewrite Hfirst; field; lra).
  eapply Rle_trans; [apply (decaying_min_of_sum M P L f_inf G a0 T V HS Hal Ha HT 1 (fun _ => 0) 0 (fun n => Ex (Q M P n))
    general_measure Delta Rlt_0_1 Hr (Rle_refl 0))|].
  - intros n _. apply general_holder.
  - apply (general_sum T 1 (fun _ => 0) HT Rle_0_1).
    + exact (d_nonneg M a0 T Hal Ha HT).
    + intros n _. rewrite (plain_direction Hid n). lra.
  - right. unfold root_sum. f_equal. rewrite (nsum_ext _ (fun _ => 0)) by (intros; ring). rewrite nsum_const.
    unfold kappa. field. lra.
Qed.

(** E.2, any schedule c_t > 0; [W n i] is E[g_(n+1,i)^2 | F_n]. *)
Theorem adopt_clipped_general_probability (c : nat -> R) (W : nat -> I -> rv) al T :
  (forall t, alpha M t = al) -> (forall t a, post M t a = clip (c t) a) -> first M = 1 - b1 -> (forall t, 0 < c (S t)) ->
  (forall n i, Fil n (W n i)) -> (forall n i w, 0 <= W n i w) ->
  (forall n i Z B, Fil n Z -> (forall w, Rabs (Z w) <= B) ->
     Ex (fun w => Z w * g P (S n) w i ^ 2) = Ex (fun w => Z w * W n i w)) ->
  (forall n w, lsum idx (fun i => W n i w) <= G ^ 2) -> (1 <= T)%nat ->
  min_1_to general_measure T <= average general_measure T /\
  average general_measure T
  <= sqrt (G ^ 2 + e ^ 2) * (2 * Delta / (al * INR T) + al * L * G ^ 2 * (1 + b1) / (e ^ 2 * (1 - b1))
       + G ^ 4 / (16 * e ^ 3) * average (fun t => / c t ^ 2) T).
Proof.
  intros Hal Hpost Hfirst Hc W1 W2 W3 W4 HT. split; [apply min_1_to_average, HT|].
  eapply Rle_trans; [apply (average_general_measure T HT)|]. apply Rmult_le_compat_l; [apply sqrt_pos|].
  assert (D0 : forall n, d_ M n = 0) by (intro; unfold d_; rewrite !Hal; ring).
  pose proof eps_pos' as He. pose proof (beta1_range M V) as Hb. pose proof (INR_pos T HT) as PT.
  assert (Pa : 0 < al) by (rewrite <- (Hal 1%nat); apply alpha_pos, V).
  set (B := fun n => G ^ 4 / (32 * e ^ 3 * c (S n) ^ 2)).
  pose proof (average_of_sum M P L f_inf T al V HS Hal HT (/ 2) Pm B (fun n => Ex (Q M P n)) Delta Pm_nonneg Hfirst) as H.
  assert (Sm : / 2 * nsum (fun n => alpha M (S n) * Ex (Q M P n)) T <= Delta + nsum (rest M L Pm B) T).
  { apply (general_sum T (/ 2) B HT ltac:(lra)).
    - intros n _. rewrite D0. lra.
    - intros n _. apply (clipped_general_direction c W Hpost Hc W1 W2 W3 W4). }
  specialize (H Sm).
  assert (E : nsum B T / INR T = / 2 * (G ^ 4 / (16 * e ^ 3) * average (fun t => / c t ^ 2) T)).
  { unfold average, sum_1_to, Rdiv. rewrite <- !Rmult_assoc, <- nsum_scal. f_equal. apply nsum_ext; intros n _.
    unfold B. pose proof (Hc n). field. lra. }
  rewrite E in H.
  replace (2 * Delta / (al * INR T) + al * L * G ^ 2 * (1 + b1) / (e ^ 2 * (1 - b1)))
    with (2 * (Delta / (al * INR T) + al * L * Pm * (1 + b1) / (2 * (1 - b1)))) by (unfold Pm; field; lra).
  lra.
Qed.

End General.
