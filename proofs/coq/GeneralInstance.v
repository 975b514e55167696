(** The hypotheses of [GeneralProbability.v] can be met, with true randomness: any
    problem of the textbook setting meets them up to its horizon (afterwards the
    gradient is exact). *)
From Coq Require Import Reals Lra Psatz List FunctionalExtensionality.
From Coq Require Vectors.Fin.
From ADOPT Require Import FiniteSum Vector Holder Space Paths Adopt ConstantStep Spec GeneralProbability.
Open Scope R_scope.

Section Instance.
Context {D N : nat}.
Variables (Q : model D N) (L f_inf G : R) (T : nat) (al b1 b2 e : R).
Hypothesis HQ : standing Q L f_inf.
Hypothesis HU : unbiased_oracle Q.
Hypothesis HG : forall x, lsum (fins N) (fun k => prob Q k * norm (fins D) (oracle Q x k) ^ 2) <= G ^ 2.
Hypothesis HP : parameters b1 b2 e.
Hypothesis Ha : 0 < al.
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
      let m := fun i => b1 * mm s i + (1 - b1) * (draw n' (th s) w i / den e s i) in
      mk (fun i => th s i - al * m i) m (fun i => b2 * vv s i + (1 - b2) * draw n' (th s) w i ^ 2)
  end.

Definition gradients (n : nat) (w : Om) : vec D :=
  match n with O => oracle Q (start Q) (w O) | S n' => draw n' (th (trajectory n' w)) w end.

Lemma proc_trajectory n w : proc gradients (start Q) al b1 b2 e n w = trajectory n w.
Proof. induction n as [|n IH]; [reflexivity|]. cbn [proc trajectory]. rewrite IH. reflexivity. Qed.

Lemma trajectory_measurable n : measurable (S := Om) n (trajectory n).
Proof.
  induction n as [|n IH]; intros w w' E.
  - simpl. rewrite (E O) by lia. reflexivity.
  - cbn [trajectory]. rewrite (IH w w' (same_mono Om n (S n) w w' (Nat.le_succ_diag_r n) E)).
    unfold draw. rewrite (E (S n)) by lia. reflexivity.
Qed.

Lemma gradients_measurable n : measurable (S := Om) n (gradients n).
Proof.
  destruct n as [|n]; intros w w' E; simpl.
  - rewrite (E O) by lia. reflexivity.
  - rewrite (trajectory_measurable n w w' (same_mono Om n (S n) w w' (Nat.le_succ_diag_r n) E)).
    unfold draw. rewrite (E (S n)) by lia. reflexivity.
Qed.

Lemma classes n : mclass (obj Q) (grad Q) (fun F => measurable (S := Om) n F).
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
  intro Hn. refine (cond_next (fins N) (fun _ => prob Q) T _ _ n (fun w k => h (th (trajectory n w)) k) w Hn _).
  intro k. exact (measurable_map (S := Om) n (fun s => h (th s) k) _ (trajectory_measurable n)).
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
  = expect (s := Om) (fun w => Z w * grad Q (th (proc gradients (start Q) al b1 b2 e n w)) i).
Proof.
  intro HZ. rewrite (expect_pull (S := Om) n Z _ HZ). apply (expect_ext (S := Om)); intro w. rewrite proc_trajectory. f_equal.
  unfold gradients, draw. destruct (Nat.leb_spec (S n) T) as [Hn|Hn].
  - etransitivity; [exact (cond_draw n (fun x k => oracle Q x k i) w Hn)|]. apply HU.
  - apply (cond_known (S := Om)). exact (measurable_map (S := Om) n (fun s => grad Q (th s) i) _ (trajectory_measurable n)).
Qed.

Theorem textbook_from_general :
  average (fun t => gcrit (fins D) (grad Q) (expect (s := Om)) gradients (start Q) al b1 b2 e (pred t)) T
  <= sqrt (G ^ 2 + e ^ 2)
     * ((obj Q (start Q) - f_inf) / (al * INR T) + al * L * G ^ 2 * (1 + b1) / (2 * e ^ 2 * (1 - b1))).
Proof.
  destruct HP as [H1 H2 He].
  apply (adopt_general_probability (fins D) (obj Q) (grad Q) (fun _ => True) (fun _ => True)
    (fun n F => measurable (S := Om) n F) (expect (s := Om))); try (intros; exact Logic.I); try assumption.
  - split; intros; exact Logic.I.
  - apply classes.
  - intros n F. apply (measurable_mono (S := Om)). lia.
  - apply (expect_const (S := Om)).
  - intros F H _ _. apply (expect_plus Om).
  - intros c F _. apply (expect_scal Om).
  - intros F H _ _. apply (expect_le Om).
  - apply frechet_gradient, (frechet _ _ _ HQ).
  - apply (L_nonneg _ _ _ HQ).
  - apply (smooth_L _ _ _ HQ).
  - apply (lower_bounded _ _ _ HQ).
  - intros n i w w' E. rewrite (gradients_measurable n w w' E). reflexivity.
  - apply gradients_second.
  - apply gradient_norm.
  - intros n i Z B HZ _. apply (gradients_unbiased n i Z HZ).
Qed.

End Instance.
