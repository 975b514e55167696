(** Euclidean vectors [I -> R] over a finite enumeration [idx] of coordinates,
    gradients, and the descent lemma. *)
From Coq Require Import Reals Lra Psatz List FunctionalExtensionality.
From ADOPT Require Import FiniteSum Young Holder.
Import ListNotations.
Open Scope R_scope.

Section Vec.
Context {I : Type}.
Variable idx : list I.
Notation vec := (I -> R).

Definition dot (x y : vec) : R := lsum idx (fun i => x i * y i).
Definition nrm2 (x : vec) : R := lsum idx (fun i => x i ^ 2).
Definition norm (x : vec) : R := sqrt (nrm2 x).
Definition vsub (x y : vec) : vec := fun i => x i - y i.
Definition line (x h : vec) (t : R) : vec := fun i => x i + t * h i.

(** [nf] is the gradient of [f]: every directional derivative of [f] at [x]
    exists and equals [<nf x, h>].  (Weaker than Frechet, see [frechet_gradient].) *)
Definition is_gradient (f : vec -> R) (nf : vec -> vec) : Prop :=
  forall x h, derivable_pt_lim (fun t => f (line x h t)) 0 (dot (nf x) h).

Definition is_frechet_gradient (f : vec -> R) (nf : vec -> vec) : Prop :=
  forall x e, 0 < e -> exists d, 0 < d /\
    forall h, norm h < d -> Rabs (f (line x h 1) - f x - dot (nf x) h) <= e * norm h.

Definition lipschitz (L : R) (nf : vec -> vec) : Prop :=
  forall x y, norm (vsub (nf x) (nf y)) <= L * norm (vsub x y).

Lemma nrm2_nonneg x : 0 <= nrm2 x.
Proof. apply lsum_nonneg; intros; apply pow2_ge_0. Qed.

Lemma norm_nonneg x : 0 <= norm x.
Proof. apply sqrt_pos. Qed.

Lemma norm_sq x : norm x ^ 2 = nrm2 x.
Proof. apply pow2_sqrt, nrm2_nonneg. Qed.

Lemma nrm2_scal c x : nrm2 (fun i => c * x i) = c ^ 2 * nrm2 x.
Proof. unfold nrm2. rewrite <- lsum_scal. apply lsum_ext; intro; ring. Qed.

Lemma dot_linear x a y b z : dot x (fun i => a * y i + b * z i) = a * dot x y + b * dot x z.
Proof. unfold dot. rewrite <- !lsum_scal, <- lsum_plus. apply lsum_ext; intro; ring. Qed.

Lemma dot_scal x a y : dot x (fun i => a * y i) = a * dot x y.
Proof. unfold dot. rewrite <- lsum_scal. apply lsum_ext; intro; ring. Qed.

Lemma dot_vsub x y z : dot (vsub x y) z = dot x z - dot y z.
Proof.
  unfold dot. rewrite (lsum_ext idx _ (fun i => x i * z i + -1 * (y i * z i))) by (intro; unfold vsub; ring).
  rewrite lsum_plus, lsum_scal. ring.
Qed.

(** Young's inequality and the convexity of the square, summed over the coordinates. *)
Lemma dot_weighted c x y : 0 < c -> dot x y <= / (2 * c) * nrm2 x + c / 2 * nrm2 y.
Proof. intro Hc. unfold dot, nrm2. rewrite <- !lsum_scal, <- lsum_plus. apply lsum_le; intro i. apply young, Hc. Qed.

Lemma nrm2_convex b x y : 0 <= b <= 1 -> nrm2 (fun i => b * x i + (1 - b) * y i) <= b * nrm2 x + (1 - b) * nrm2 y.
Proof. intro Hb. unfold nrm2. rewrite <- !lsum_scal, <- lsum_plus. apply lsum_le; intro i. apply square_convex, Hb. Qed.

Lemma dot_cs x y : dot x y ^ 2 <= nrm2 x * nrm2 y.
Proof. apply lsum_cauchy_schwarz. Qed.

Lemma lipschitz_sq L nf : 0 <= L -> lipschitz L nf ->
  forall x y, nrm2 (vsub (nf x) (nf y)) <= L ^ 2 * nrm2 (vsub x y).
Proof.
  intros HL H x y. rewrite <- !norm_sq, <- Rpow_mult_distr.
  apply pow_incr; split; [apply norm_nonneg|apply H].
Qed.

(** <d, w> where d is small against m: Cauchy-Schwarz, then Young. *)
Lemma dot_young k d w m : 0 <= k -> nrm2 d <= k ^ 2 * m -> 0 <= m ->
  dot d w <= k / 2 * (m + nrm2 w).
Proof.
  intros Hk Hd Hm. pose proof (dot_cs d w) as CS. pose proof (nrm2_nonneg w) as Hw.
  assert (B : dot d w ^ 2 <= (k / 2 * (m + nrm2 w)) ^ 2).
  { eapply Rle_trans; [exact CS|].
    apply Rle_trans with (k ^ 2 * m * nrm2 w); [apply Rmult_le_compat_r; assumption|].
    assert (0 <= k ^ 2 * (m - nrm2 w) ^ 2)
      by (apply Rmult_le_pos; apply pow2_ge_0).
    nra. }
  destruct (Rle_dec (dot d w) 0) as [H|H].
  - eapply Rle_trans; [exact H|]. apply Rmult_le_pos; lra.
  - apply Rsqr_incr_0_var.
    + unfold Rsqr; simpl in B; rewrite !Rmult_1_r in B; exact B.
    + apply Rmult_le_pos; lra.
Qed.

(** The change of a Lipschitz gradient between x and x - c m. *)
Lemma lipschitz_young L nf c x m y : 0 <= L -> lipschitz L nf -> 0 <= c ->
  dot (vsub (nf x) (nf (fun i => x i - c * m i))) y <= L * c / 2 * (nrm2 m + nrm2 y).
Proof.
  intros HL Hnf Hc. apply dot_young; [apply Rmult_le_pos; assumption| |apply nrm2_nonneg].
  eapply Rle_trans; [apply (lipschitz_sq L nf HL Hnf)|]. right.
  replace (nrm2 (vsub x (fun i => x i - c * m i))) with (c ^ 2 * nrm2 m); [ring|].
  rewrite <- nrm2_scal. apply lsum_ext; intro i. unfold vsub. ring.
Qed.

(** Step 7 at one point: y_i^2 <= d_i q_i with d_i^2 <= A in every coordinate. *)
Lemma norm_power_43 A y q : 0 <= A -> (forall i, 0 <= q i) ->
  (forall i, In i idx -> exists d, d ^ 2 <= A /\ y i ^ 2 <= d * q i) ->
  rpow (norm y) (4 / 3) ^ 3 <= lsum idx q ^ 2 * A.
Proof.
  intros HA Hq H. rewrite rpow43_cube by apply norm_nonneg.
  assert (B : nrm2 y <= sqrt A * lsum idx q).
  { unfold nrm2. rewrite <- lsum_scal. apply lsum_le_in; intros i Hi. destruct (H i Hi) as (d & Hd & Hy).
    eapply Rle_trans; [exact Hy|]. apply Rmult_le_compat_r; [apply Hq|].
    destruct (Rle_dec 0 d) as [P|N]; [|pose proof (sqrt_pos A); lra].
    rewrite <- (sqrt_pow2 d P). apply sqrt_le_1_alt, Hd. }
  replace (norm y ^ 4) with (nrm2 y ^ 2) by (rewrite <- norm_sq; ring).
  rewrite <- (pow2_sqrt A HA), Rmult_comm, <- Rpow_mult_distr. apply pow_incr; split; [apply nrm2_nonneg|exact B].
Qed.

Lemma line_line x h t u : line x h (t + u) = line (line x h t) h u.
Proof. apply functional_extensionality; intro i; unfold line; ring. Qed.

Lemma line_0 x h : line x h 0 = x.
Proof. apply functional_extensionality; intro i; unfold line; ring. Qed.

Lemma is_gradient_at f nf : is_gradient f nf ->
  forall x h t, derivable_pt_lim (fun s => f (line x h s)) t (dot (nf (line x h t)) h).
Proof.
  intros Hg x h t e He. destruct (Hg (line x h t) h e He) as [d Hd].
  exists d; intros u Hu Hud. specialize (Hd u Hu Hud).
  rewrite Rplus_0_l, <- line_line, line_0 in Hd. exact Hd.
Qed.

Lemma frechet_gradient f nf : is_frechet_gradient f nf -> is_gradient f nf.
Proof.
  intros HF x h e He.
  assert (Hn : 0 < norm h + 1) by (pose proof (norm_nonneg h); lra).
  set (e' := e / 2 / (norm h + 1)).
  assert (He' : 0 < e') by (apply Rdiv_lt_0_compat; lra).
  destruct (HF x e' He') as [d [Hd HFd]].
  assert (Hdel : 0 < d / (norm h + 1)) by (apply Rdiv_lt_0_compat; lra).
  exists (mkposreal _ Hdel); intros u Hu Hud; simpl in Hud.
  rewrite Rplus_0_l, line_0.
  assert (Nu : norm (fun i => u * h i) = Rabs u * norm h).
  { unfold norm. rewrite nrm2_scal, sqrt_mult by (try apply pow2_ge_0; apply nrm2_nonneg).
    f_equal. rewrite <- Rsqr_pow2. apply sqrt_Rsqr_abs. }
  assert (Hau : 0 < Rabs u) by (apply Rabs_pos_lt; exact Hu).
  assert (Hsmall : norm (fun i => u * h i) < d).
  { rewrite Nu. pose proof (norm_nonneg h).
    apply Rle_lt_trans with (Rabs u * (norm h + 1)); [nra|].
    apply Rmult_lt_compat_r with (r := norm h + 1) in Hud; [|lra].
    unfold Rdiv in Hud. rewrite Rmult_assoc, Rinv_l in Hud by lra. lra. }
  specialize (HFd _ Hsmall). rewrite Nu in HFd.
  replace (line x (fun i => u * h i) 1) with (line x h u) in HFd
    by (apply functional_extensionality; intro; unfold line; ring).
  rewrite dot_scal in HFd.
  replace ((f (line x h u) - f x) / u - dot (nf x) h)
    with ((f (line x h u) - f x - u * dot (nf x) h) / u) by (field; exact Hu).
  unfold Rdiv at 1. rewrite Rabs_mult, Rabs_inv.
  apply Rmult_lt_reg_r with (Rabs u); [exact Hau|].
  rewrite Rmult_assoc, Rinv_l by lra. rewrite Rmult_1_r.
  eapply Rle_lt_trans; [exact HFd|].
  replace (e' * (Rabs u * norm h)) with (Rabs u * (e' * norm h)) by ring.
  rewrite (Rmult_comm e (Rabs u)). apply Rmult_lt_compat_l; [exact Hau|].
  pose proof (norm_nonneg h).
  apply Rle_lt_trans with (e' * (norm h + 1)); [nra|].
  unfold e'. replace (e / 2 / (norm h + 1) * (norm h + 1)) with (e / 2) by (field; lra). lra.
Qed.

(** Descent lemma. *)
Lemma descent f nf L : 0 <= L -> is_gradient f nf -> lipschitz L nf ->
  forall x h, f (line x h 1) <= f x + dot (nf x) h + L / 2 * nrm2 h.
Proof.
  intros HL Hg HLip x h.
  set (F := fun t => f (line x h t) - (t * dot (nf x) h + L / 2 * nrm2 h * t ^ 2)).
  set (F' := fun t => dot (nf (line x h t)) h - (dot (nf x) h + L / 2 * nrm2 h * (2 * t))).
  assert (Hder : forall t, 0 <= t <= 1 -> derivable_pt_lim F t (F' t)).
  { intros t _.
    set (c := dot (nf x) h). set (q := L / 2 * nrm2 h).
    change (derivable_pt_lim
      ((fun t => f (line x h t)) - ((id * fct_cte c) + mult_real_fct q (fun t => t ^ 2)))%F t
      (dot (nf (line x h t)) h - (c + q * (2 * t)))).
    apply derivable_pt_lim_minus; [apply is_gradient_at; exact Hg|].
    apply derivable_pt_lim_plus.
    - replace c with (1 * fct_cte c t + id t * 0) at 2 by (unfold fct_cte, id; ring).
      apply derivable_pt_lim_mult; [apply derivable_pt_lim_id|apply derivable_pt_lim_const].
    - apply derivable_pt_lim_scal.
      replace (2 * t) with (INR 2 * t ^ pred 2) by (simpl; ring).
      apply derivable_pt_lim_pow. }
  destruct (MVT_cor2 F F' 0 1 Rlt_0_1 Hder) as [c [Hc [Hc0 Hc1]]].
  assert (HF' : F' c <= 0).
  { unfold F'.
    assert (D : dot (vsub (nf (line x h c)) (nf x)) h <= (L * c) / 2 * (nrm2 h + nrm2 h)).
    { apply dot_young; [apply Rmult_le_pos; lra| |apply nrm2_nonneg].
      eapply Rle_trans; [apply (lipschitz_sq L nf HL HLip)|].
      replace (nrm2 (vsub (line x h c) x)) with (c ^ 2 * nrm2 h)
        by (rewrite <- nrm2_scal; apply lsum_ext; intro; unfold vsub, line; ring).
      right; ring. }
    rewrite dot_vsub in D. lra. }
  unfold F in Hc. rewrite line_0 in Hc. nra.
Qed.

End Vec.

(** ||grad f||^2 <= 2 L (f - f_inf): the gradient of a smooth function that is bounded below. *)
Lemma gradient_gap {I} (idx : list I) f nf L f_inf : 0 <= L -> is_gradient idx f nf -> lipschitz idx L nf ->
  (forall x, f_inf <= f x) -> forall x, nrm2 idx (nf x) <= 2 * L * (f x - f_inf).
Proof.
  intros HL Hg HLip Hinf x. set (N := nrm2 idx (nf x)).
  assert (HN : 0 <= N) by apply nrm2_nonneg.
  assert (Key : forall s, s * N <= f x - f_inf + L / 2 * s ^ 2 * N).
  { intro s. pose proof (descent idx f nf L HL Hg HLip x (fun i => - s * nf x i)) as D.
    rewrite nrm2_scal in D. pose proof (Hinf (line x (fun i => - s * nf x i) 1)).
    replace (dot idx (nf x) (fun i => - s * nf x i)) with (- s * N) in D.
    - fold N in D. replace ((- s) ^ 2) with (s ^ 2) in D by ring. lra.
    - unfold N, dot, nrm2. rewrite <- lsum_scal. apply lsum_ext; intro; ring. }
  destruct (Rle_lt_or_eq_dec 0 L HL) as [PL|<-].
  - pose proof (Key (/ L)) as H. apply Rmult_le_compat_l with (r := 2 * L) in H; [|lra].
    replace (2 * L * (/ L * N)) with (2 * N) in H by (field; lra).
    replace (2 * L * (f x - f_inf + L / 2 * (/ L) ^ 2 * N)) with (2 * L * (f x - f_inf) + N) in H by (field; lra). lra.
  - destruct (Rle_lt_or_eq_dec 0 N HN) as [PN|<-]; [|lra].
    exfalso. pose proof (Key ((f x - f_inf + 1) / N)) as H.
    replace ((f x - f_inf + 1) / N * N) with (f x - f_inf + 1) in H by (field; lra). lra.
Qed.
