(** The hypotheses of [GeneralProbability.v] can be met, with true randomness: any
    problem of the textbook setting meets them up to its horizon (afterwards the
    gradient is exact). *)
From Coq Require Import Reals Lra Psatz List FunctionalExtensionality.
From Coq Require Vectors.Fin.
From ADOPT Require Import FiniteSum Vector Holder Space Paths Adopt ConstantStep Clipping Decaying Spec Iterates GeneralProbability.
Open Scope R_scope.

Section Instance.
Context {D N : nat}.
Variables (Q : model D N) (L f_inf G : R) (T : nat) (M : method) (some : Fin.t N).
Hypothesis HQ : standing Q L f_inf.
Hypothesis HU : unbiased_oracle Q.
Hypothesis HG : forall x, lsum (fins N) (fun k => prob Q k * norm (fins D) (oracle Q x k) ^ 2) <= G ^ 2.
Hypothesis V : valid M.
Hypothesis HT : (1 <= T)%nat.
Notation Om := (path_space Q L f_inf T HQ).

(** The gradient at theta_n with the draw xi_(n+1), exact after the horizon. *)
Definition draw (n : nat) (x : vec D) (w : Om) : vec D :=
  if Nat.leb (S n) T then oracle Q x (w (S n)) else grad Q x.

Fixpoint trajectory (n : nat) (w : Om) : state (Fin.t D) :=
  match n with
  | O => mk (start Q) (fun _ => 0) (fun i => oracle Q (start Q) (w O) i ^ 2)
  | S n' =>
      let s := trajectory n' w in
      let m := fun i => beta1 M * mm s i + gain M n' * post M n (draw n' (th s) w i / den (eps M) s i) in
      mk (fun i => th s i - alpha M n * m i) m (fun i => beta2 M * vv s i + (1 - beta2 M) * draw n' (th s) w i ^ 2)
  end.

Definition gradients (n : nat) (w : Om) : vec D :=
  match n with O => oracle Q (start Q) (w O) | S n' => draw n' (th (trajectory n' w)) w end.

Definition instance : problem (dirac Om (fun _ => some)) (Fin.t D) :=
  Problem (S := dirac Om (fun _ => some)) (fins D) (obj Q) (grad Q) (fun _ => start Q) gradients.

Lemma adopt_trajectory n (w : Om) : adopt M instance n w = trajectory n w.
Proof. induction n as [|n IH]; [reflexivity|]. cbn [adopt trajectory]. rewrite IH. reflexivity. Qed.

Lemma trajectory_measurable n : measurable (S := Om) n (trajectory n).
Proof.
  revert n. apply draws_measurable.
  - intros w w' E. simpl. rewrite E. reflexivity.
  - intros n w w' E1 E2. cbn [trajectory]. unfold draw. rewrite E1, E2. reflexivity.
Qed.

Lemma gradients_measurable n : measurable (S := Om) n (gradients n).
Proof.
  destruct n as [|n]; intros w w' E; simpl.
  - rewrite (E O) by lia. reflexivity.
  - rewrite (trajectory_measurable n w w' (same_mono Om n (S n) w w' (Nat.le_succ_diag_r n) E)).
    unfold draw. rewrite (E (S n)) by lia. reflexivity.
Qed.

Lemma classes n : mclass (fun _ => some) instance (fun F => measurable (S := Om) n F).
Proof.
  split.
  - intros c w w' _. reflexivity.
  - intros F H HF HH w w' E. rewrite (HF w w' E), (HH w w' E). reflexivity.
  - intros F H HF HH w w' E. rewrite (HF w w' E), (HH w w' E). reflexivity.
  - intros F H HF HH w w' E. rewrite (HF w w' E), (HH w w' E). reflexivity.
  - intros F HF w w' E. rewrite (HF w w' E). reflexivity.
  - intros F _ HF w w' E. rewrite (HF w w' E). reflexivity.
  - intros F y HF w w' E. rewrite (HF w w' E). reflexivity.
  - intros x Hx w w' E. replace (x w') with (x w); [reflexivity|].
    apply functional_extensionality; intro i. apply (Hx i w w' E).
  - intros x Hx i w w' E. replace (x w') with (x w); [reflexivity|].
    apply functional_extensionality; intro j. apply (Hx j w w' E).
Qed.

(** E[h(theta_n, xi_(n+1)) | F_n] *)
Lemma cond_draw n (h : vec D -> Fin.t N -> R) (w : Om) : (n < T)%nat ->
  cond (s := Om) n (fun w => h (th (trajectory n w)) (w (S n))) w
  = lsum (fins N) (fun k => prob Q k * h (th (trajectory n w)) k).
Proof.
  intro Hn.
  exact (cond_answer (fins N) (fun _ => prob Q) T _ _ n (trajectory n) (fun s => h (th s)) w Hn (trajectory_measurable n)).
Qed.

Lemma gradient_norm x : nrm2 (fins D) (grad Q x) <= G ^ 2.
Proof.
  eapply Rle_trans; [|apply (HG x)].
  apply Rle_trans with (lsum (fins D) (fun i => lsum (fins N) (fun k => prob Q k * oracle Q x k i ^ 2))).
  - apply lsum_le; intro i. rewrite <- (HU x i).
    pose proof (lsum_cauchy_schwarz (fins N) (fun k => sqrt (prob Q k)) (fun k => sqrt (prob Q k) * oracle Q x k i)) as C.
    assert (W := weights_nonneg Q L f_inf HQ).
    rewrite (lsum_ext _ _ (fun k => prob Q k * oracle Q x k i)) in C
      by (intro k; rewrite <- Rmult_assoc, sqrt_sqrt by apply W; reflexivity).
    rewrite (lsum_ext _ (fun k => sqrt (prob Q k) ^ 2) (prob Q)) in C by (intro k; apply pow2_sqrt, W).
    rewrite (lsum_ext _ (fun k => (sqrt (prob Q k) * oracle Q x k i) ^ 2) (fun k => prob Q k * oracle Q x k i ^ 2)) in C
      by (intro k; rewrite Rpow_mult_distr, pow2_sqrt by apply W; reflexivity).
    rewrite (weights_sum Q L f_inf HQ), Rmult_1_l in C. exact C.
  - right. rewrite lsum_swap. apply lsum_ext; intro k. rewrite lsum_scal, norm_sq. reflexivity.
Qed.

Lemma gradients_second n : expect (s := Om) (fun w => nrm2 (fins D) (gradients n w)) <= G ^ 2.
Proof.
  destruct n as [|n].
  - eapply Rle_trans; [right; exact (expect_start Q L f_inf T HQ (fun k => nrm2 (fins D) (oracle Q (start Q) k)))|].
    eapply Rle_trans; [|apply (HG (start Q))]. right. apply lsum_ext; intro k. rewrite norm_sq. reflexivity.
  - unfold gradients, draw. destruct (Nat.leb_spec (S n) T) as [Hn|Hn].
    + rewrite <- (expect_cond Om n), <- (expect_const (S := Om) (G ^ 2)). apply expect_le; intro w.
      eapply Rle_trans; [right; exact (cond_draw n (fun x k => nrm2 (fins D) (oracle Q x k)) w Hn)|].
      eapply Rle_trans; [|apply (HG (th (trajectory n w)))]. right. apply lsum_ext; intro k. rewrite norm_sq. reflexivity.
    + rewrite <- (expect_const (S := Om) (G ^ 2)). apply expect_le; intro w. apply gradient_norm.
Qed.

Lemma gradients_unbiased n i (Z : Om -> R) : measurable (S := Om) n Z ->
  expect (s := Om) (fun w => Z w * gradients (S n) w i)
  = expect (s := Om) (fun w => Z w * grad Q (th (adopt M instance n w)) i).
Proof.
  intro HZ. rewrite (expect_pull (S := Om) n Z _ HZ). apply (expect_ext (S := Om)); intro w. rewrite adopt_trajectory. f_equal.
  unfold gradients, draw. destruct (Nat.leb_spec (S n) T) as [Hn|Hn].
  - etransitivity; [exact (cond_draw n (fun x k => oracle Q x k i) w Hn)|]. apply HU.
  - apply (cond_known (S := Om)). exact (measurable_map (S := Om) n (fun s => grad Q (th s) i) _ (trajectory_measurable n)).
Qed.

(** E[g_(n+1,i)^2 | F_n] *)
Definition given_past (n : nat) (i : Fin.t D) : Om -> R := cond (s := Om) n (fun w => gradients (S n) w i ^ 2).

Lemma given_past_bound n w : lsum (fins D) (fun i => given_past n i w) <= G ^ 2.
Proof.
  unfold given_past. rewrite <- (cond_sum (S := Om) n (fins D) (fun i w => gradients (S n) w i ^ 2)).
  unfold gradients, draw. destruct (Nat.leb_spec (S n) T) as [Hn|Hn].
  - eapply Rle_trans; [right; exact (cond_draw n (fun x k => nrm2 (fins D) (oracle Q x k)) w Hn)|].
    eapply Rle_trans; [|apply (HG (th (trajectory n w)))]. right. apply lsum_ext; intro k. rewrite norm_sq. reflexivity.
  - rewrite <- (cond_const (S := Om) n (G ^ 2) w). apply (cond_le Om); intro w'. apply gradient_norm.
Qed.

Lemma instance_smooth : smooth instance L f_inf.
Proof.
  split; [apply frechet_gradient, (frechet _ _ _ HQ)|apply (L_nonneg _ _ _ HQ)|apply (smooth_L _ _ _ HQ)|apply (lower_bounded _ _ _ HQ)].
Qed.

(** Every hypothesis of the general theorems that is not about the schedule. *)
Ltac met :=
  match goal with
  | |- mclass _ _ (fun _ => True) => split; intros; exact Logic.I
  | |- forall n, mclass _ _ _ => apply classes
  | |- forall n F, measurable _ F -> measurable _ F => intros n F; apply (measurable_mono (S := Om)); lia
  | |- valid _ => exact V
  | |- smooth _ _ _ => exact instance_smooth
  | |- forall c, expect _ = c => apply (expect_const (S := Om))
  | |- forall F H, True -> True -> expect _ = _ => intros F H _ _; apply (expect_plus Om)
  | |- forall c F, True -> expect _ = _ => intros c F _; apply (expect_scal Om)
  | |- forall F H, True -> True -> (forall w, _) -> expect _ <= expect _ => intros F H _ _; apply (expect_le Om)
  | |- forall i, measurable 0 _ => intros i w w' _; reflexivity
  | |- forall n i, measurable n _ => intros n i w w' E; change (gradients n w i = gradients n w' i); rewrite (gradients_measurable n w w' E); reflexivity
  | |- forall n, expect _ <= _ => apply gradients_second
  | |- forall x, nrm2 _ _ <= _ => apply gradient_norm
  | |- forall n i Z B, measurable n Z -> _ => intros n i Z B HZ _; apply (gradients_unbiased n i Z HZ)
  | |- _ => first [assumption | intros; exact Logic.I]
  end.

Notation M_t := (general_measure (fun _ => some) M instance (expect (s := Om))).
Notation Delta := (obj Q (start Q) - f_inf).

Lemma start_mean : expect (s := Om) (fun w => f instance (theta0 instance w)) = obj Q (start Q).
Proof. exact (expect_const (S := Om) (obj Q (start Q))). Qed.

Hypothesis Hpost : forall K, mclass (fun _ => some) instance K -> forall t F, K F -> K (fun w => post M t (F w)).
Hypothesis Hfirst : first M = 1 - beta1 M.

Theorem textbook_from_general al : (forall t, alpha M t = al) -> (forall t a, post M t a = a) ->
  average M_t T <= sqrt (G ^ 2 + eps M ^ 2)
    * (Delta / (al * INR T) + al * L * G ^ 2 * (1 + beta1 M) / (2 * eps M ^ 2 * (1 - beta1 M))).
Proof.
  intros Hal Hid. rewrite <- start_mean.
  apply (adopt_general_probability (fun _ => some) M instance (fun _ => True) (fun _ => True)
    (fun n F => measurable (S := Om) n F) (expect (s := Om))); met.
Qed.

Theorem decaying_from_general a0 : alpha M = decaying a0 -> (forall t a, post M t a = a) -> 0 < a0 ->
  min_1_to M_t T
  <= sqrt (G ^ 2 + eps M ^ 2) / Rmax (sqrt (INR T)) (2 * sqrt (INR (S T)) - 2)
     * (Delta / a0 + beta1 M / (1 - beta1 M) * G ^ 2 / eps M
        + a0 * L * (G ^ 2 / eps M ^ 2) * ((/ 2 + beta1 M / (1 - beta1 M)) * (1 + ln (INR T)) + 6164 / 10000 * (beta1 M / (1 - beta1 M)) ^ 2)).
Proof.
  intros Hal Hid Ha. rewrite <- start_mean.
  apply (adopt_decaying_general_probability (fun _ => some) M instance (fun _ => True) (fun _ => True)
    (fun n F => measurable (S := Om) n F) (expect (s := Om))); met.
Qed.

Theorem clipped_from_general (c : nat -> R) al : (forall t, alpha M t = al) -> (forall t a, post M t a = clip (c t) a) ->
  (forall t, 0 < c (S t)) ->
  average M_t T <= sqrt (G ^ 2 + eps M ^ 2)
    * (2 * Delta / (al * INR T) + al * L * G ^ 2 * (1 + beta1 M) / (eps M ^ 2 * (1 - beta1 M))
       + G ^ 4 / (16 * eps M ^ 3) * average (fun t => / c t ^ 2) T).
Proof.
  intros Hal Hcl Hc. rewrite <- start_mean.
  apply (adopt_clipped_general_probability (fun _ => some) M instance (fun _ => True) (fun _ => True)
    (fun n F => measurable (S := Om) n F) (expect (s := Om))) with (W := given_past); try solve [met].
  - intros a F _. apply (expect_scal Om).
  - intros n i. apply (cond_same Om).
  - intros n i w. apply (cond_nonneg (S := Om)); intro; apply pow2_ge_0.
  - intros n i Z B HZ _. apply (expect_pull (S := Om) n Z _ HZ).
  - apply given_past_bound.
Qed.

End Instance.

(** Every class of measurable functions is closed under doing nothing, and under clipping. *)
Lemma identity_measurable {Om I} (w0 : Om) (P : problem (dirac Om w0) I) (M : method) : (forall t a, post M t a = a) ->
  forall K, mclass w0 P K -> forall t F, K F -> K (fun w => post M t (F w)).
Proof. intros H K HK t F HF. apply (K_ext K F); [exact HF|intro; symmetry; apply H]. Qed.

Lemma clip_measurable {Om I} (w0 : Om) (P : problem (dirac Om w0) I) (M : method) c : (forall t a, post M t a = clip (c t) a) ->
  forall K, mclass w0 P K -> forall t F, K F -> K (fun w => post M t (F w)).
Proof.
  intros H K HK t F HF.
  apply (K_ext K (fun w => Rmax (- c t) (-1 * Rmax (- c t) (-1 * F w)))).
  - apply (mc_max _ _ _ HK); [apply (mc_const _ _ _ HK)|]. apply (K_scal _ _ _ HK).
    apply (mc_max _ _ _ HK); [apply (mc_const _ _ _ HK)|apply (K_scal _ _ _ HK), HF].
  - intro w. rewrite H. unfold clip, Rmax, Rmin. repeat destruct (Rle_dec _ _); lra.
Qed.
