(** Euclidean vectors [I -> R] over a finite enumeration [idx] of coordinates,
    gradients, and the descent lemma. *)
From Coq Require Import Reals Lra Psatz List FunctionalExtensionality.
From ADOPT Require Import FiniteSum.
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

Lemma nrm2_vsub_sym x y : nrm2 (vsub x y) = nrm2 (vsub y x).
Proof. apply lsum_ext; intro; unfold vsub; ring. Qed.

Lemma dot_cs x y : dot x y ^ 2 <= nrm2 x * nrm2 y.
Proof. apply lsum_cauchy_schwarz. Qed.

Lemma lipschitz_sq L nf : 0 <= L -> lipschitz L nf ->
  forall x y, nrm2 (vsub (nf x) (nf y)) <= L ^ 2 * nrm2 (vsub x y).
Proof.
  intros HL H x y. rewrite <- !norm_sq, <- Rpow_mult_distr.
  apply pow_incr; split; [apply norm_nonneg|apply H].
Qed.

(** Young's inequality in the only form used below. *)
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
  replace (dot (nf x) (fun i => u * h i)) with (u * dot (nf x) h) in HFd
    by (unfold dot; rewrite <- lsum_scal; apply lsum_ext; intro; ring).
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
    replace (dot (vsub (nf (line x h c)) (nf x)) h)
      with (dot (nf (line x h c)) h - dot (nf x) h) in D.
    - lra.
    - unfold dot, Rminus. rewrite <- (Rmult_1_l (lsum idx (fun i => nf x i * h i))),
        Ropp_mult_distr_l, <- lsum_scal, <- lsum_plus.
      apply lsum_ext; intro; unfold vsub; ring. }
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
