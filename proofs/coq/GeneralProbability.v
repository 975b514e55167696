(** T4.1 on any probability space, infinite ones included.

    The space is given abstractly: [Om] outcomes; [Meas] random variables; [Fil n]
    the F_n-measurable ones; [Int] the integrable ones with expectation [Ex].  Every
    hypothesis is a textbook fact about measurable functions and the Lebesgue
    integral; [GeneralInstance.v] meets them all. *)
From Coq Require Import Reals Lra Psatz List FunctionalExtensionality.
From ADOPT Require Import FiniteSum Vector Holder Adopt SecondMoment.
Import ListNotations.
Open Scope R_scope.

(** Pointwise facts about a state (theta, m, v). *)
Section State.
Context {I : Type}.
Variables (idx : list I) (nf : (I -> R) -> I -> R) (eps : R).
Hypothesis Heps : 0 < eps.

Definition vpos (s : state I) : Prop := forall i, 0 <= vv s i.
Definition vtotal (s : state I) : R := lsum idx (fun i => vv s i).
Definition Qs (s : state I) : R := lsum idx (fun i => nf (th s) i ^ 2 / den eps s i).

Lemma den_eps (s : state I) i : eps <= den eps s i.
Proof. apply Rmax_r. Qed.

Lemma den_bound s i : vpos s -> In i idx -> den eps s i ^ 2 <= eps ^ 2 + vtotal s.
Proof.
  intros Hv Hi.
  assert (H1 : vv s i <= vtotal s) by (apply (lsum_in_le idx (vv s)); [intros; apply Hv|exact Hi]).
  pose proof (Hv i). pose proof (pow2_ge_0 eps). unfold den, Rmax. destruct (Rle_dec (sqrt (vv s i)) eps); [lra|].
  rewrite pow2_sqrt by assumption. lra.
Qed.

Lemma Qs_nonneg s : 0 <= Qs s.
Proof.
  apply lsum_nonneg; intros i _. apply Rmult_le_pos; [apply pow2_ge_0|].
  left; apply Rinv_0_lt_compat. pose proof (den_eps s i). lra.
Qed.

Lemma point_holder s : vpos s -> rpow (norm idx (nf (th s))) (4 / 3) ^ 3 <= Qs s ^ 2 * (eps ^ 2 + vtotal s).
Proof.
  intro Hv. rewrite rpow43_cube by apply norm_nonneg. set (A := eps ^ 2 + vtotal s).
  assert (Pv : 0 <= vtotal s) by (apply lsum_nonneg; intros; apply Hv).
  assert (PA : 0 < A) by (unfold A; pose proof (pow_lt eps 2 Heps); lra).
  assert (EA : sqrt A ^ 2 = A) by (apply pow2_sqrt; lra).
  assert (H : nrm2 idx (nf (th s)) <= sqrt A * Qs s).
  { unfold Qs, nrm2. rewrite <- lsum_scal. apply lsum_le_in; intros i Hi. pose proof (den_eps s i) as He.
    assert (Hsq : den eps s i <= sqrt A).
    { rewrite <- (sqrt_pow2 (den eps s i)) by lra. apply sqrt_le_1_alt, den_bound; assumption. }
    apply Rle_trans with (den eps s i * (nf (th s) i ^ 2 / den eps s i)); [right; field; lra|].
    apply Rmult_le_compat_r; [|exact Hsq].
    apply Rmult_le_pos; [apply pow2_ge_0|left; apply Rinv_0_lt_compat; lra]. }
  replace (norm idx (nf (th s)) ^ 4) with (nrm2 idx (nf (th s)) ^ 2) by (rewrite <- norm_sq; ring).
  rewrite <- EA, Rmult_comm, <- Rpow_mult_distr. apply pow_incr; split; [apply nrm2_nonneg|exact H].
Qed.
End State.

Section General.
Context {Om I : Type}.
Notation rv := (Om -> R).
Variable idx : list I.
Variables (f : (I -> R) -> R) (nf : (I -> R) -> I -> R).

(** Closure properties of a class of random variables (true for the functions
    measurable w.r.t. any sigma-algebra, [f] and [nf] being continuous). *)
Record mclass (M : rv -> Prop) : Prop := {
  mc_const : forall c, M (fun _ => c);
  mc_plus : forall F H, M F -> M H -> M (fun w => F w + H w);
  mc_mult : forall F H, M F -> M H -> M (fun w => F w * H w);
  mc_max : forall F H, M F -> M H -> M (fun w => Rmax (F w) (H w));
  mc_sqrt : forall F, M F -> M (fun w => sqrt (F w));
  mc_inv : forall F, (forall w, 0 < F w) -> M F -> M (fun w => / F w);
  mc_rpow : forall F y, M F -> M (fun w => rpow (F w) y);
  mc_f : forall x : Om -> I -> R, (forall i, M (fun w => x w i)) -> M (fun w => f (x w));
  mc_nf : forall x : Om -> I -> R, (forall i, M (fun w => x w i)) ->
            forall i, M (fun w => nf (x w) i) }.

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

(** algorithm, driven by the stochastic gradients gg 0, gg 1, ... *)
Variable gg : nat -> Om -> I -> R.
Variables (theta0 : I -> R) (alpha b1 b2 eps L G finf : R).

Fixpoint proc (n : nat) (w : Om) : state I :=
  match n with
  | O => mk theta0 (fun _ => 0) (fun i => gg O w i ^ 2)
  | S n' =>
      let s := proc n' w in
      let m' := fun i => b1 * mm s i + (1 - b1) * (gg n w i / den eps s i) in
      mk (fun i => th s i - alpha * m' i) m'
         (fun i => b2 * vv s i + (1 - b2) * gg n w i ^ 2)
  end.

Hypothesis Hgrad : is_gradient idx f nf.
Hypothesis HL : 0 <= L.
Hypothesis HLip : lipschitz idx L nf.
Hypothesis Hinf : forall x, finf <= f x.
Hypothesis Ha : 0 < alpha.
Hypothesis Hb1 : 0 <= b1 < 1.
Hypothesis Hb2 : 0 <= b2 <= 1.
Hypothesis Heps : 0 < eps.
(** oracle: adapted, second moment, bounded gradient (it follows from the second
    moment and Jensen), and E[ gg_{n+1} | F_n ] = nf(theta_n). *)
Hypothesis Hadapt : forall n i, Fil n (fun w => gg n w i).
Hypothesis Hsec_int : forall n, Int (fun w => nrm2 idx (gg n w)).
Hypothesis Hsec : forall n, Ex (fun w => nrm2 idx (gg n w)) <= G ^ 2.
Hypothesis Hbnd : forall x, nrm2 idx (nf x) <= G ^ 2.
Hypothesis Hunb : forall n i Z B, Fil n Z -> (forall w, Rabs (Z w) <= B) ->
  Ex (fun w => Z w * gg (S n) w i) = Ex (fun w => Z w * nf (th (proc n w)) i).

Notation nrm2 := (nrm2 idx).
Notation dot := (dot idx).
Let beta := b1 / (1 - b1).
Let V := G ^ 2 / eps ^ 2.

Lemma beta_ge : 0 <= beta.
Proof. unfold beta. apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat; lra]. Qed.

(** *** measurability *)
Section M.
Variable M : rv -> Prop.
Hypothesis HM : mclass M.
Lemma M_ext F H : M F -> (forall w, F w = H w) -> M H.
Proof. intros HF E. replace H with F; [exact HF|apply functional_extensionality, E]. Qed.
Lemma M_scal c F : M F -> M (fun w => c * F w).
Proof. intro H. apply (mc_mult _ HM (fun _ => c)); [apply (mc_const _ HM)|exact H]. Qed.
Lemma M_sq F : M F -> M (fun w => F w ^ 2).
Proof. intro H. apply (M_ext (fun w => F w * F w)); [apply (mc_mult _ HM); exact H|intro; ring]. Qed.
Lemma M_lsum {A} (l : list A) (F : A -> rv) : (forall a, M (F a)) -> M (fun w => lsum l (fun a => F a w)).
Proof.
  intro H. induction l as [|a l IH]; simpl; [apply (mc_const _ HM)|].
  apply (mc_plus _ HM); [apply H|exact IH].
Qed.
Lemma M_div F H : (forall w, 0 < H w) -> M F -> M H -> M (fun w => F w / H w).
Proof. intros P HF HH. apply (mc_mult _ HM); [exact HF|apply (mc_inv _ HM); assumption]. Qed.
Lemma M_den (s : Om -> state I) i : M (fun w => vv (s w) i) -> M (fun w => den eps (s w) i).
Proof. intro H. apply (mc_max _ HM); [apply (mc_sqrt _ HM), H|apply (mc_const _ HM)]. Qed.
End M.

Lemma dpos (s : state I) i : 0 < den eps s i.
Proof. unfold den. pose proof (Rmax_r (sqrt (vv s i)) eps). lra. Qed.

Lemma proc_adapted n : forall i,
  Fil n (fun w => th (proc n w) i) /\ Fil n (fun w => mm (proc n w) i) /\ Fil n (fun w => vv (proc n w) i).
Proof.
  induction n as [|n IH]; intro i; simpl.
  - repeat split; try apply (mc_const _ (HFil 0)). apply (M_sq _ (HFil 0)), Hadapt.
  - destruct (IH i) as [H1 [H2 H3]].
    apply Fil_mono in H1. apply Fil_mono in H2. apply Fil_mono in H3.
    pose proof (HFil (S n)) as HM.
    assert (Hm : Fil (S n) (fun w => b1 * mm (proc n w) i + (1 - b1) * (gg (S n) w i / den eps (proc n w) i))).
    { apply (mc_plus _ HM); apply (M_scal _ HM); [exact H2|].
      apply (M_div _ HM); [intro; apply dpos|apply Hadapt|apply (M_den _ HM), H3]. }
    repeat split; [|exact Hm|].
    + apply (M_ext _ (fun w => th (proc n w) i + - alpha * (b1 * mm (proc n w) i + (1 - b1) * (gg (S n) w i / den eps (proc n w) i)))).
      * apply (mc_plus _ HM); [exact H1|apply (M_scal _ HM), Hm].
      * intro; ring.
    + apply (mc_plus _ HM); apply (M_scal _ HM); [exact H3|apply (M_sq _ HM), Hadapt].
Qed.

Lemma proc_vpos n w : vpos (proc n w).
Proof.
  induction n as [|n IH]; intro i; simpl; [apply pow2_ge_0|].
  pose proof (IH i). pose proof (pow2_ge_0 (gg (S n) w i)). simpl in *. nra.
Qed.

Definition U (n : nat) (w : Om) (i : I) : R := gg (S n) w i / den eps (proc n w) i.
Definition Phi (n : nat) (w : Om) (i : I) : R := th (proc n w) i - alpha * beta * mm (proc n w) i.
Definition QQ (n : nat) (w : Om) : R := Qs idx nf eps (proc n w).
Definition Zn (n : nat) (w : Om) (i : I) : R := nf (Phi n w) i / den eps (proc n w) i.

Lemma Phi_fil n i : Fil n (fun w => Phi n w i).
Proof.
  destruct (proc_adapted n i) as [H1 [H2 _]]. pose proof (HFil n) as HM.
  apply (M_ext _ (fun w => th (proc n w) i + - (alpha * beta) * mm (proc n w) i)).
  - apply (mc_plus _ HM); [exact H1|apply (M_scal _ HM), H2].
  - intro; unfold Phi; ring.
Qed.

Lemma Zn_fil n i : Fil n (fun w => Zn n w i).
Proof.
  pose proof (HFil n) as HM. apply (M_div _ HM); [intro; apply dpos| |].
  - apply (mc_nf _ HM (fun w => Phi n w)). intro; apply Phi_fil.
  - apply (M_den _ HM). apply proc_adapted.
Qed.

Lemma U_meas n i : Meas (fun w => U n w i).
Proof.
  apply (M_div _ HMeas); [intro; apply dpos|apply (Fil_meas (S n)), Hadapt|].
  apply (M_den _ HMeas), (Fil_meas n), proc_adapted.
Qed.

Lemma nrm2_meas x : (forall i, Meas (fun w => x w i)) -> Meas (fun w => nrm2 (x w)).
Proof. intro H. apply (M_lsum _ HMeas); intro i. apply (M_sq _ HMeas), H. Qed.

(** *** integrability and moments *)
Lemma Int_pos F H : Meas F -> Int H -> (forall w, 0 <= F w <= H w) -> Int F.
Proof. intros HF HH B. apply (Int_dom F H); auto. intro w. rewrite Rabs_right; [apply B|apply Rle_ge, B]. Qed.

Lemma U_le n w : nrm2 (U n w) <= / eps ^ 2 * nrm2 (gg (S n) w).
Proof.
  unfold Vector.nrm2. rewrite <- lsum_scal. apply lsum_le; intro i. unfold U.
  apply (square_quotient eps _ _ Heps), Rmax_r.
Qed.

Lemma U_int n : Int (fun w => nrm2 (U n w)).
Proof.
  apply (Int_pos _ (fun w => / eps ^ 2 * nrm2 (gg (S n) w))); [apply nrm2_meas, U_meas|apply Int_scal, Hsec_int|].
  intro w; split; [apply nrm2_nonneg|apply U_le].
Qed.

Lemma U_moment n : Ex (fun w => nrm2 (U n w)) <= V.
Proof.
  eapply Rle_trans; [apply (Ex_le _ (fun w => / eps ^ 2 * nrm2 (gg (S n) w)))|].
  - apply U_int. - apply Int_scal, Hsec_int. - intro; apply U_le.
  - rewrite Ex_scal by apply Hsec_int. unfold V, Rdiv. rewrite (Rmult_comm (G ^ 2)).
    apply Rmult_le_compat_l; [left; apply Rinv_0_lt_compat, pow_lt, Heps|apply Hsec].
Qed.

Lemma V_ge : 0 <= V.
Proof. apply Rmult_le_pos; [apply pow2_ge_0|left; apply Rinv_0_lt_compat, pow_lt, Heps]. Qed.

Lemma m_step n w : nrm2 (mm (proc (S n) w)) <= b1 * nrm2 (mm (proc n w)) + (1 - b1) * nrm2 (U n w).
Proof.
  unfold Vector.nrm2. rewrite <- !lsum_scal, <- lsum_plus. apply lsum_le; intro i.
  change (mm (proc (S n) w) i) with (b1 * mm (proc n w) i + (1 - b1) * U n w i).
  set (a := mm (proc n w) i). set (u := U n w i).
  assert (0 <= b1 * (1 - b1) * (a - u) ^ 2)
    by (apply Rmult_le_pos; [apply Rmult_le_pos; lra|apply pow2_ge_0]).
  nra.
Qed.

Lemma m_moment n : Int (fun w => nrm2 (mm (proc n w))) /\ Ex (fun w => nrm2 (mm (proc n w))) <= V.
Proof.
  induction n as [|n [I1 I2]].
  - replace (fun w => nrm2 (mm (proc 0 w))) with (fun _ : Om => 0).
    + split; [apply Int_const|rewrite Ex_const; apply V_ge].
    + apply functional_extensionality; intro w. symmetry.
      transitivity (lsum idx (fun _ => 0)); [|apply lsum_zero]. apply lsum_ext; intro; simpl; ring.
  - assert (I3 : Int (fun w => b1 * nrm2 (mm (proc n w)) + (1 - b1) * nrm2 (U n w)))
      by (apply Int_plus; apply Int_scal; [exact I1|apply U_int]).
    assert (I4 : Int (fun w => nrm2 (mm (proc (S n) w)))).
    { eapply Int_pos; [|exact I3|intro w; split; [apply nrm2_nonneg|apply m_step]].
      apply nrm2_meas; intro i. apply (Fil_meas (S n)), proc_adapted. }
    split; [exact I4|]. eapply Rle_trans; [apply (Ex_le _ _ I4 I3); intro; apply m_step|].
    rewrite Ex_plus, !Ex_scal by (try apply Int_scal; try apply U_int; exact I1).
    pose proof (U_moment n). nra.
Qed.

Lemma v_moment n : Int (fun w => vtotal idx (proc n w)) /\ Ex (fun w => vtotal idx (proc n w)) <= G ^ 2.
Proof.
  induction n as [|n [I1 I2]].
  - split; [apply (Hsec_int 0)|apply (Hsec 0)].
  - replace (fun w => vtotal idx (proc (S n) w))
      with (fun w => b2 * vtotal idx (proc n w) + (1 - b2) * nrm2 (gg (S n) w)).
    + split; [apply Int_plus; apply Int_scal; [exact I1|apply Hsec_int]|].
      rewrite Ex_plus, !Ex_scal by (try apply Int_scal; try apply Hsec_int; exact I1).
      pose proof (Hsec (S n)). nra.
    + apply functional_extensionality; intro w. unfold vtotal, Vector.nrm2. simpl vv.
      rewrite lsum_plus, !lsum_scal. reflexivity.
Qed.

Lemma Q_bounds n w : 0 <= QQ n w <= G ^ 2 / eps.
Proof.
  split; [apply Qs_nonneg, Heps|]. unfold QQ, Qs.
  apply Rle_trans with (/ eps * nrm2 (nf (th (proc n w)))).
  - unfold Vector.nrm2. rewrite <- lsum_scal. apply lsum_le; intro i. unfold Rdiv. rewrite Rmult_comm.
    apply Rmult_le_compat_r; [apply pow2_ge_0|]. apply Rinv_le_contravar; [exact Heps|apply Rmax_r].
  - unfold Rdiv. rewrite Rmult_comm. apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat, Heps|apply Hbnd].
Qed.

Lemma nfth_meas n i : Meas (fun w => nf (th (proc n w)) i).
Proof. apply (mc_nf _ HMeas (fun w => th (proc n w))). intro; apply (Fil_meas n), proc_adapted. Qed.

Lemma Q_int n : Int (QQ n).
Proof.
  apply (Int_pos _ (fun _ => G ^ 2 / eps)); [|apply Int_const|intro; apply Q_bounds].
  apply (M_lsum _ HMeas); intro i. apply (M_div _ HMeas); [intro; apply dpos| |].
  - apply (M_sq _ HMeas), nfth_meas.
  - apply (M_den _ HMeas), (Fil_meas n), proc_adapted.
Qed.

Lemma coord_le x i : In i idx -> x i ^ 2 <= nrm2 x.
Proof. intro H. apply (lsum_in_le idx (fun i => x i ^ 2)); [intros; apply pow2_ge_0|exact H]. Qed.

Lemma Zn_sq n w i : In i idx -> Zn n w i ^ 2 <= V.
Proof.
  intro Hi. unfold Zn. eapply Rle_trans; [apply (square_quotient eps _ _ Heps), Rmax_r|].
  unfold V, Rdiv. rewrite (Rmult_comm (G ^ 2)). apply Rmult_le_compat_l; [left; apply Rinv_0_lt_compat, pow_lt, Heps|].
  eapply Rle_trans; [apply coord_le, Hi|apply Hbnd].
Qed.

Lemma abs_mul a b : Rabs (a * b) <= a ^ 2 + b ^ 2.
Proof. unfold Rabs; destruct (Rcase_abs _); nra. Qed.

Lemma Zn_abs n w i : In i idx -> Rabs (Zn n w i) <= 1 + V.
Proof.
  intro Hi. pose proof (Zn_sq n w i Hi). pose proof (abs_mul (Zn n w i) 1) as A.
  rewrite Rmult_1_r in A. lra.
Qed.

Lemma Ex_lsum {A} (l : list A) (F : A -> rv) : (forall a, In a l -> Int (F a)) ->
  Int (fun w => lsum l (fun a => F a w)) /\
  Ex (fun w => lsum l (fun a => F a w)) = lsum l (fun a => Ex (F a)).
Proof.
  induction l as [|a l IH]; simpl; intro H; [split; [apply Int_const|apply Ex_const]|].
  destruct IH as [I1 I2]; [intros; apply H; right; assumption|].
  pose proof (H a (or_introl eq_refl)) as Hh.
  split; [apply Int_plus; assumption|rewrite Ex_plus, I2 by assumption; reflexivity].
Qed.

Lemma Zg_int n i : In i idx -> Int (fun w => Zn n w i * gg (S n) w i).
Proof.
  intro Hi. apply (Int_dom _ (fun w => V + nrm2 (gg (S n) w))).
  - apply (mc_mult _ HMeas); [apply (Fil_meas n), Zn_fil|apply (Fil_meas (S n)), Hadapt].
  - apply Int_plus; [apply Int_const|apply Hsec_int].
  - intro w. eapply Rle_trans; [apply abs_mul|].
    apply Rplus_le_compat; [apply Zn_sq, Hi|apply coord_le, Hi].
Qed.

Lemma Znf_int n i : In i idx -> Int (fun w => Zn n w i * nf (th (proc n w)) i).
Proof.
  intro Hi. apply (Int_dom _ (fun w => V + G ^ 2)).
  - apply (mc_mult _ HMeas); [apply (Fil_meas n), Zn_fil|apply nfth_meas].
  - apply Int_const.
  - intro w. eapply Rle_trans; [apply abs_mul|].
    apply Rplus_le_compat; [apply Zn_sq, Hi|eapply Rle_trans; [apply coord_le, Hi|apply Hbnd]].
Qed.

(** tower property: E <nf Phi, u> = E <nf Phi, nf theta / s> *)
Definition S1 n w := lsum idx (fun i => Zn n w i * gg (S n) w i).
Definition S2 n w := lsum idx (fun i => Zn n w i * nf (th (proc n w)) i).

Lemma tower n : Int (S1 n) /\ Int (S2 n) /\ Ex (S1 n) = Ex (S2 n).
Proof.
  destruct (Ex_lsum idx (fun i w => Zn n w i * gg (S n) w i) (Zg_int n)) as [I1 E1].
  destruct (Ex_lsum idx (fun i w => Zn n w i * nf (th (proc n w)) i) (Znf_int n)) as [I2 E2].
  split; [exact I1|split; [exact I2|]].
  unfold S1, S2. rewrite E1, E2. apply lsum_ext_in; intros i Hi.
  apply (Hunb n i (fun w => Zn n w i) (1 + V)); [apply Zn_fil|intro; apply Zn_abs, Hi].
Qed.

(** *** one step, pointwise *)
Lemma step_point n w :
  f (Phi (S n) w) <= f (Phi n w) - alpha * S1 n w + L / 2 * alpha ^ 2 * nrm2 (U n w).
Proof.
  assert (E : Phi (S n) w = line (Phi n w) (fun i => - alpha * U n w i) 1).
  { apply functional_extensionality; intro i. unfold Phi, line, beta.
    simpl proc. simpl th. simpl mm. fold (U n w i). field. lra. }
  rewrite E. eapply Rle_trans; [apply (descent idx f nf L HL Hgrad HLip)|].
  rewrite nrm2_scal.
  replace (dot (nf (Phi n w)) (fun i => - alpha * U n w i)) with (- alpha * S1 n w).
  - right; ring.
  - unfold S1, Vector.dot. rewrite <- lsum_scal. apply lsum_ext; intro i. unfold Zn, U, Rdiv; ring.
Qed.

Lemma S2_lower n w : QQ n w - L * (alpha * beta) / 2 * (nrm2 (mm (proc n w)) + V) <= S2 n w.
Proof.
  set (s := proc n w). set (y := fun i => nf (th s) i / den eps s i).
  assert (Pk : 0 <= L * (alpha * beta))
    by (apply Rmult_le_pos; [exact HL|apply Rmult_le_pos; [lra|apply beta_ge]]).
  assert (Y : nrm2 y <= V).
  { apply Rle_trans with (/ eps ^ 2 * nrm2 (nf (th s))).
    - unfold Vector.nrm2. rewrite <- lsum_scal. apply lsum_le; intro i.
      apply (square_quotient eps _ _ Heps), Rmax_r.
    - unfold V, Rdiv. rewrite Rmult_comm. apply Rmult_le_compat_r; [|apply Hbnd].
      left; apply Rinv_0_lt_compat, pow_lt, Heps. }
  assert (C : dot (vsub (nf (th s)) (nf (Phi n w))) y <= L * (alpha * beta) / 2 * (nrm2 (mm s) + nrm2 y)).
  { apply dot_young; [exact Pk| |apply nrm2_nonneg].
    eapply Rle_trans; [apply (lipschitz_sq idx L nf HL HLip)|].
    replace (nrm2 (vsub (th s) (Phi n w))) with ((alpha * beta) ^ 2 * nrm2 (mm s)).
    - right; ring.
    - rewrite <- nrm2_scal. apply lsum_ext; intro i. unfold vsub, Phi, s. ring. }
  assert (D : dot (vsub (nf (th s)) (nf (Phi n w))) y = QQ n w + - 1 * S2 n w).
  { unfold QQ, Qs, S2, Vector.dot. fold s. rewrite <- lsum_scal, <- lsum_plus. apply lsum_ext; intro i.
    unfold vsub, y, Zn. fold s. unfold Rdiv. ring. }
  apply Rmult_le_compat_l with (r := L * (alpha * beta) / 2) in Y; [|lra]. lra.
Qed.

Lemma f_int n : Int (fun w => f (Phi n w)).
Proof.
  induction n as [|n IH].
  - replace (fun w => f (Phi 0 w)) with (fun _ : Om => f theta0); [apply Int_const|].
    apply functional_extensionality; intro w. f_equal. apply functional_extensionality; intro i.
    unfold Phi; simpl. ring.
  - set (H := fun w => (f (Phi n w) + - alpha * S1 n w) + L / 2 * alpha ^ 2 * nrm2 (U n w)).
    assert (IH' : Int H).
    { apply Int_plus; [apply Int_plus; [exact IH|apply Int_scal, tower]|apply Int_scal, U_int]. }
    apply (Int_dom _ (fun w => H w + 2 * Rabs finf)).
    + apply (mc_f _ HMeas (fun w => Phi (S n) w)). intro i. apply (Fil_meas (S n)), Phi_fil.
    + apply Int_plus; [exact IH'|apply Int_const].
    + intro w. pose proof (step_point n w). pose proof (Hinf (Phi (S n) w)).
      unfold H, Rabs. destruct (Rcase_abs (f (Phi (S n) w))), (Rcase_abs finf); lra.
Qed.

Let C0 := alpha * (L * (alpha * beta) * V) + L / 2 * alpha ^ 2 * V.

Lemma step_expect n :
  Ex (fun w => f (Phi (S n) w)) <= Ex (fun w => f (Phi n w)) - alpha * Ex (QQ n) + C0.
Proof.
  destruct (tower n) as [T1 [T2 T3]]. destruct (m_moment n) as [M1 M2].
  assert (A : Ex (fun w => f (Phi (S n) w)) <=
    Ex (fun w => f (Phi n w)) + - alpha * Ex (S1 n) + L / 2 * alpha ^ 2 * Ex (fun w => nrm2 (U n w))).
  { pose proof (f_int n) as I0. pose proof (U_int n) as I3.
    pose proof (Int_scal (- alpha) _ T1) as I1. pose proof (Int_plus _ _ I0 I1) as I2.
    pose proof (Int_scal (L / 2 * alpha ^ 2) _ I3) as I4.
    rewrite <- (Ex_scal (- alpha)), <- (Ex_scal (L / 2 * alpha ^ 2)) by assumption.
    rewrite <- (Ex_plus _ _ I0 I1), <- (Ex_plus _ _ I2 I4).
    apply Ex_le; [apply f_int|apply Int_plus; assumption|].
    intro w. pose proof (step_point n w). lra. }
  assert (B : Ex (QQ n) + - (L * (alpha * beta) / 2) * (Ex (fun w => nrm2 (mm (proc n w))) + V) <= Ex (S2 n)).
  { pose proof (Q_int n) as I0. pose proof (Int_plus _ _ M1 (Int_const V)) as I1.
    pose proof (Int_scal (- (L * (alpha * beta) / 2)) _ I1) as I2.
    rewrite <- (Ex_const V) at 1. rewrite <- (Ex_plus _ _ M1 (Int_const V)).
    rewrite <- (Ex_scal _ _ I1), <- (Ex_plus _ _ I0 I2).
    apply Ex_le; [apply Int_plus; assumption|exact T2|].
    intro w. pose proof (S2_lower n w). lra. }
  pose proof (U_moment n) as UM. pose proof beta_ge as Pb.
  assert (Pk : 0 <= L * (alpha * beta) / 2).
  { apply Rmult_le_pos; [|lra]. apply Rmult_le_pos; [exact HL|apply Rmult_le_pos; lra]. }
  apply Rmult_le_compat_l with (r := L * (alpha * beta) / 2) in M2; [|exact Pk].
  apply Rmult_le_compat_l with (r := L / 2 * alpha ^ 2) in UM;
    [|apply Rmult_le_pos; [lra|apply pow2_ge_0]].
  assert (B' : Ex (QQ n) - L * (alpha * beta) * V <= Ex (S1 n)) by lra.
  apply Rmult_le_compat_l with (r := alpha) in B'; [|lra].
  unfold C0. lra.
Qed.

Definition Xn (n : nat) (w : Om) : R := rpow (norm idx (nf (th (proc n w)))) (4 / 3).
Definition gcrit (n : nat) : R := rpow (Ex (Xn n)) (3 / 2).

Lemma X_point n w : Xn n w ^ 3 <= QQ n w ^ 2 * (eps ^ 2 + vtotal idx (proc n w)).
Proof. apply (point_holder idx nf eps Heps), proc_vpos. Qed.

Lemma N_nonneg n w : 0 <= eps ^ 2 + vtotal idx (proc n w).
Proof.
  pose proof (pow2_ge_0 eps).
  assert (0 <= vtotal idx (proc n w)) by (apply lsum_nonneg; intros; apply proc_vpos). lra.
Qed.

Lemma X_int n : Int (Xn n).
Proof.
  destruct (v_moment n) as [V1 _].
  apply (Int_pos _ (fun w => 2 / 3 * QQ n w + 1 / 3 * (eps ^ 2 + vtotal idx (proc n w)))).
  - unfold Xn. apply (mc_rpow _ HMeas). apply (mc_sqrt _ HMeas). apply nrm2_meas, nfth_meas.
  - apply Int_plus; apply Int_scal; [apply Q_int|apply Int_plus; [apply Int_const|exact V1]].
  - intro w. split; [apply rpow_nonneg|].
    pose proof (amgm3 (Xn n w) (QQ n w) _ (rpow_nonneg _ _) (proj1 (Q_bounds n w)) (N_nonneg n w) (X_point n w)). lra.
Qed.

Lemma gholder n : gcrit n <= sqrt (G ^ 2 + eps ^ 2) * Ex (QQ n).
Proof.
  destruct (v_moment n) as [V1 V2].
  assert (IN : Int (fun w => eps ^ 2 + vtotal idx (proc n w))) by (apply Int_plus; [apply Int_const|exact V1]).
  apply (holder_32 Om (Xn n) (QQ n) (fun w => eps ^ 2 + vtotal idx (proc n w))
           _ _ (Ex (fun w => eps ^ 2 + vtotal idx (proc n w)))).
  - intros a b H. pose proof (Int_scal a _ (Q_int n)) as I1. pose proof (Int_scal b _ IN) as I2.
    rewrite <- (Ex_scal a) by apply Q_int. rewrite <- (Ex_scal b) by exact IN.
    rewrite <- (Ex_plus _ _ I1 I2). apply Ex_le; [apply X_int|apply Int_plus; assumption|exact H].
  - intro; apply rpow_nonneg.
  - intro; apply Q_bounds.
  - intro; apply N_nonneg.
  - rewrite <- (Ex_const 0); apply Ex_le; [apply Int_const|apply X_int|intro; apply rpow_nonneg].
  - rewrite <- (Ex_const 0); apply Ex_le; [apply Int_const|apply Q_int|intro; apply Q_bounds].
  - rewrite <- (Ex_const 0); apply Ex_le; [apply Int_const|exact IN|intro; apply N_nonneg].
  - intro w. apply X_point.
  - rewrite Ex_plus, Ex_const by (try apply Int_const; exact V1). lra.
Qed.

(** T4.1, m_0 = 0: [gcrit n] is (E ||grad f(theta_n)||^(4/3))^(3/2). *)
Theorem adopt_general_probability T : (1 <= T)%nat ->
  min_1_to (fun t => gcrit (pred t)) T <= average (fun t => gcrit (pred t)) T /\
  average (fun t => gcrit (pred t)) T
  <= sqrt (G ^ 2 + eps ^ 2)
     * ((f theta0 - finf) / (alpha * INR T) + alpha * L * G ^ 2 * (1 + b1) / (2 * eps ^ 2 * (1 - b1))).
Proof.
  intro HT. split; [apply min_1_to_average, HT|].
  assert (Tel : forall n, alpha * nsum (fun j => Ex (QQ j)) n <= f theta0 - Ex (fun w => f (Phi n w)) + INR n * C0).
  { induction n as [|n IH].
    - simpl. replace (fun w => f (Phi 0 w)) with (fun _ : Om => f theta0).
      + rewrite Ex_const. lra.
      + apply functional_extensionality; intro w. f_equal. apply functional_extensionality; intro i.
        unfold Phi; simpl. ring.
    - rewrite S_INR. simpl nsum. pose proof (step_expect n). lra. }
  specialize (Tel T).
  assert (Hf : finf <= Ex (fun w => f (Phi T w))).
  { rewrite <- (Ex_const finf). apply Ex_le; [apply Int_const|apply f_int|intro; apply Hinf]. }
  set (C := sqrt (G ^ 2 + eps ^ 2)). assert (PC : 0 <= C) by apply sqrt_pos.
  assert (PT : 0 < INR T) by (apply lt_0_INR; lia).
  assert (H1 : nsum gcrit T <= C * nsum (fun j => Ex (QQ j)) T)
    by (rewrite <- nsum_scal; apply nsum_le; intros j Hj; apply gholder).
  assert (H2 : alpha * nsum (fun j => Ex (QQ j)) T <= f theta0 - finf + INR T * C0) by lra.
  apply Rmult_le_compat_l with (r := C) in H2; [|exact PC].
  apply Rmult_le_compat_l with (r := alpha) in H1; [|lra].
  change (average (fun t => gcrit (pred t)) T) with (nsum gcrit T / INR T).
  apply Rmult_le_reg_l with (alpha * INR T); [apply Rmult_lt_0_compat; assumption|].
  replace (alpha * INR T * (nsum gcrit T / INR T)) with (alpha * nsum gcrit T) by (field; lra).
  apply Rle_trans with (C * (f theta0 - finf + INR T * C0)); [lra|].
  right. unfold C0, V, beta. field. repeat split; lra.
Qed.

End General.
