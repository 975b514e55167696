(** Constant steps, m_0 = 0: descent along phi with the direction conditioned first,
    E <grad f(phi_n), a_(n+1)> = E <grad f(phi_n), grad f(theta_n) / s_n>, so that the
    noise does not enter the cross term.  Used by T4.1' and N1. *)
From Coq Require Import Reals Lra Psatz List FunctionalExtensionality.
From ADOPT Require Import FiniteSum Vector Holder Space Adopt SecondMoment Momentum Descent ConstantStep.
Open Scope R_scope.

Section Conditioned.
Context {S : space} {I : Type}.
Variables (P : problem S I) (L f_inf : R) (T : nat) (al b1 b2 e : R).
Hypothesis HS : smooth P L f_inf.
Hypothesis HA : adapted P.
Hypothesis Hal : 0 < al.
Hypothesis Hb1 : 0 <= b1 < 1.
Hypothesis Hb2 : 0 <= b2 <= 1.
Hypothesis He : 0 < e.
Notation M := (adopt_method (fun _ => al) b1 b2 e).
Hypothesis HU : unbiased M P T.
Notation EQ n := (expect (Q M P n)).
Notation nrm2 := (nrm2 (idx P)).
Notation dot := (dot (idx P)).
Notation grad := (gradient M P).
Notation phi := (phi M P).
Notation k_ := (kappa M).

Lemma V : valid M.
Proof. exact (adopt_valid al b1 b2 e Hal Hb1 Hb2 He). Qed.

Lemma phi_step n w : phi (Datatypes.S n) w = line (phi n w) (fun i => - al * dir M P n w i) 1.
Proof.
  destruct n as [|n].
  - rewrite (phi_first M P V), (phi_zero M P). apply functional_extensionality; intro i.
    assert (E : rho M = 1) by (unfold rho; simpl; field; lra).
    unfold line. rewrite E. simpl alpha. ring.
  - rewrite (phi_next M P V). apply functional_extensionality; intro i. unfold line, d_. simpl. ring.
Qed.

(** grad f(theta_n) / s_n, the conditional mean of the direction *)
Definition mean_dir n w i : R := grad n w i / s_ M P n w i.

Lemma mean_dir_square n w : nrm2 (mean_dir n w) <= / e * Q M P n w.
Proof.
  unfold Vector.nrm2, Q. rewrite <- lsum_scal. apply lsum_le; intro i. unfold mean_dir.
  pose proof (s_eps M P n w i) as Hs. simpl in Hs. set (s := s_ M P n w i) in *. set (x := grad n w i).
  assert (Ps : 0 < s) by lra.
  replace ((x / s) ^ 2) with (/ s * (x ^ 2 / s)) by (field; lra).
  apply Rmult_le_compat_r; [|apply Rinv_le_contravar; lra].
  apply Rmult_le_pos; [apply pow2_ge_0|left; apply Rinv_0_lt_compat, Ps].
Qed.

Lemma expect_step n : (n < T)%nat ->
  expect (fun w => f P (phi (Datatypes.S n) w))
  <= expect (fun w => f P (phi n w)) - al * expect (fun w => dot (nf P (phi n w)) (mean_dir n w))
     + L / 2 * al ^ 2 * expect (fun w => nrm2 (dir M P n w)).
Proof.
  intro Hn.
  assert (E : expect (fun w => dot (nf P (phi n w)) (mean_dir n w)) = expect (fun w => dot (nf P (phi n w)) (dir M P n w))).
  { rewrite (expect_dot_pull (idx P) n (fun w => nf P (phi n w)) (dir M P n)
      (state_measurable M P HA n (fun s => nf P (fun i => th s i - k_ * al * mm s i)))).
    apply expect_ext; intro w. apply lsum_ext; intro i.
    rewrite (mean_direction M P n w i HA (fun _ => eq_refl)), HU by exact Hn. reflexivity. }
  rewrite E.
  apply Rle_trans with (expect (fun w => f P (phi n w) + (- al * dot (nf P (phi n w)) (dir M P n w)
    + L / 2 * al ^ 2 * nrm2 (dir M P n w)))).
  - apply expect_le; intro w. rewrite phi_step.
    eapply Rle_trans; [apply (smooth_descent P L f_inf _ _ HS)|].
    rewrite (dot_scal (idx P)), nrm2_scal. right. ring.
  - rewrite !expect_plus, !expect_scal. lra.
Qed.

(** The cross term with a free weight c > 0. *)
Lemma cross_weighted n w c : 0 < c ->
  Q M P n w - L * (k_ * al) / 2 * (/ c * nrm2 (mom M P n w) + c * (/ e * Q M P n w))
  <= dot (nf P (phi n w)) (mean_dir n w).
Proof.
  intro Hc. pose proof (kappa_nonneg M V) as Hk. pose proof (sm_L P _ _ HS) as HL.
  assert (HC : 0 <= L * (k_ * al)) by (apply Rmult_le_pos; [exact HL|apply Rmult_le_pos; lra]).
  assert (A : dot (vsub (grad n w) (nf P (phi n w))) (fun i => c * mean_dir n w i)
              <= L * (k_ * al) / 2 * (nrm2 (mom M P n w) + nrm2 (fun i => c * mean_dir n w i))).
  { destruct n as [|n]; [|exact (cross M P L f_inf V HS n w _)].
    rewrite (phi_zero M P). change (grad O w) with (nf P (theta0 P w)).
    replace (dot (vsub (nf P (theta0 P w)) (nf P (theta0 P w))) (fun i => c * mean_dir O w i)) with 0.
    - apply Rmult_le_pos; [lra|]. apply Rplus_le_le_0_compat; apply nrm2_nonneg.
    - rewrite (dot_vsub (idx P)). ring. }
  rewrite nrm2_scal, (dot_scal (idx P)), (dot_vsub (idx P)) in A.
  assert (EQ' : dot (grad n w) (mean_dir n w) = Q M P n w).
  { apply lsum_ext; intro i. unfold mean_dir, Rdiv. ring. }
  rewrite EQ' in A. pose proof (mean_dir_square n w) as Y.
  apply Rmult_le_compat_l with (r := L * (k_ * al) / 2 * c) in Y; [|apply Rmult_le_pos; lra].
  apply Rmult_le_compat_l with (r := / c) in A; [|left; apply Rinv_0_lt_compat, Hc].
  rewrite <- Rmult_assoc, Rinv_l, Rmult_1_l in A by lra.
  replace (/ c * (L * (k_ * al) / 2 * (nrm2 (mom M P n w) + c ^ 2 * nrm2 (mean_dir n w))))
    with (L * (k_ * al) / 2 * (/ c * nrm2 (mom M P n w)) + L * (k_ * al) / 2 * c * nrm2 (mean_dir n w)) in A by (field; lra).
  lra.
Qed.

(** One step in expectation. *)
Lemma conditioned_step n c : (n < T)%nat -> 0 < c ->
  expect (fun w => f P (phi (Datatypes.S n) w))
  <= expect (fun w => f P (phi n w)) - al * EQ n
     + al * (L * (k_ * al) / 2) * (/ c * expect (fun w => nrm2 (mom M P n w)) + c * (/ e * EQ n))
     + L / 2 * al ^ 2 * expect (fun w => nrm2 (dir M P n w)).
Proof.
  intros Hn Hc. pose proof (expect_step n Hn) as A.
  assert (B : expect (Q M P n) - L * (k_ * al) / 2 * (/ c * expect (fun w => nrm2 (mom M P n w)) + c * (/ e * EQ n))
              <= expect (fun w => dot (nf P (phi n w)) (mean_dir n w))).
  { rewrite <- !expect_scal, <- expect_plus, <- expect_scal, <- expect_minus.
    apply expect_le; intro w. apply (cross_weighted n w c Hc). }
  apply Rmult_le_compat_l with (r := al) in B; [|lra]. lra.
Qed.

End Conditioned.

(** The quadratic inequality behind T4.1'. *)
Lemma sharp_root q A h p : 0 <= q -> 0 <= A -> 0 <= h -> 0 <= p ->
  (forall c, 0 < c -> q <= A + h * (/ c * p + c * q)) ->
  q <= (h * sqrt p + sqrt ((h * sqrt p) ^ 2 + A)) ^ 2.
Proof.
  intros Hq HA Hh Hp H. set (b := h * sqrt p). set (r := sqrt q).
  assert (Hb : 0 <= b) by (apply Rmult_le_pos; [exact Hh|apply sqrt_pos]).
  assert (Hr : 0 <= r) by apply sqrt_pos.
  assert (Eq : q = r * r) by (symmetry; apply sqrt_sqrt, Hq).
  assert (Ep : p = sqrt p * sqrt p) by (symmetry; apply sqrt_sqrt, Hp).
  assert (K : q <= A + 2 * b * r).
  { destruct (Rle_lt_or_eq_dec 0 q Hq) as [Pq|<-].
    2:{ assert (0 <= 2 * b * r) by (apply Rmult_le_pos; [lra|exact Hr]). lra. }
    assert (Pr : 0 < r) by (apply sqrt_lt_R0, Pq).
    destruct (Rle_lt_or_eq_dec 0 p Hp) as [Pp|E0].
    - assert (Ps : 0 < sqrt p) by (apply sqrt_lt_R0, Pp).
      pose proof (H (sqrt p / r) ltac:(apply Rdiv_lt_0_compat; assumption)) as B.
      replace (h * (/ (sqrt p / r) * p + sqrt p / r * q)) with (2 * b * r) in B; [exact B|].
      unfold b. rewrite Eq. rewrite Ep at 3. field. lra.
    - unfold b. rewrite <- E0, sqrt_0. rewrite Rmult_0_r, Rmult_0_r, Rmult_0_l, Rplus_0_r.
      destruct (Rle_dec q A) as [|N]; [assumption|exfalso].
      assert (Hd : 0 < q - A) by lra.
      assert (Hc : 0 < (q - A) / (2 * (h + 1) * q)).
      { apply Rdiv_lt_0_compat; [exact Hd|]. apply Rmult_lt_0_compat; lra. }
      pose proof (H _ Hc) as B. rewrite <- E0 in B.
      replace (h * (/ ((q - A) / (2 * (h + 1) * q)) * 0 + (q - A) / (2 * (h + 1) * q) * q))
        with ((q - A) / 2 * (h / (h + 1))) in B by (field; lra).
      assert (h / (h + 1) <= 1).
      { apply Rmult_le_reg_r with (h + 1); [lra|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra. }
      apply Rmult_le_compat_l with (r := (q - A) / 2) in H0; lra. }
  set (z := sqrt (b ^ 2 + A)).
  assert (Hz : z * z = b ^ 2 + A) by (apply sqrt_sqrt; pose proof (pow2_ge_0 b); lra).
  assert (Hz0 : 0 <= z) by apply sqrt_pos.
  assert (Rr : r <= b + z).
  { destruct (Rle_dec r (b + z)) as [|N]; [assumption|exfalso]. assert (z < r - b) by lra.
    assert (z * z < (r - b) * (r - b)) by (apply Rmult_le_0_lt_compat; lra). nra. }
  rewrite Eq. replace (r * r) with (r ^ 2) by ring. apply pow_incr. lra.
Qed.

Section Sharp.
Context {S : space} {I : Type}.
Variables (P : problem S I) (L f_inf G : R) (T : nat) (al b1 b2 e : R).
Hypothesis HS : smooth P L f_inf.
Hypothesis HA : adapted P.
Hypothesis HG : bounded_second_moment P T G.
Hypothesis Hal : 0 < al.
Hypothesis Hb1 : 0 <= b1 < 1.
Hypothesis Hb2 : 0 <= b2 <= 1.
Hypothesis He : 0 < e.
Hypothesis HT : (1 <= T)%nat.
Notation M := (adopt_method (fun _ => al) b1 b2 e).
Notation Delta := (expect (fun w => f P (theta0 P w)) - f_inf).
Notation EQ n := (expect (Q M P n)).

(** T4.1': the leading term is free of beta1. *)
Theorem process_adopt_sharp : unbiased M P T ->
  let A := Delta / (al * INR T) + al * L * (G ^ 2 / e ^ 2) / 2 in
  let b := al * L * (b1 / (1 - b1)) / 2 * sqrt (G ^ 2 / e ^ 2 / e) in
  min_1_to (criterion M P) T <= average (criterion M P) T /\
  average (criterion M P) T <= sqrt (G ^ 2 + e ^ 2) * (b + sqrt (b ^ 2 + A)) ^ 2.
Proof.
  intros HU A b. pose proof (adopt_valid al b1 b2 e Hal Hb1 Hb2 He) as V. split; [apply min_1_to_average, HT|].
  eapply Rle_trans; [apply (average_criterion M P T V HT (G ^ 2)), (vsum_bound P G T HG HT M V)|].
  apply Rmult_le_compat_l; [apply sqrt_pos|]. pose proof (INR_pos T HT) as PT.
  pose proof (P_nonneg G e He) as HP. set (p := G ^ 2 / e ^ 2) in *.
  pose proof (kappa_nonneg M V) as Hk. change (b1 / (1 - b1)) with (kappa M) in b.
  pose proof (sm_L P _ _ HS) as HL.
  assert (D0 : f_inf <= expect (fun w => f P (theta0 P w))) by apply (expect_lower P L _ _ HS).
  assert (HA0 : 0 <= A).
  { apply Rplus_le_le_0_compat.
    - apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat, Rmult_lt_0_compat; assumption].
    - apply Rmult_le_pos; [|lra]. apply Rmult_le_pos; [apply Rmult_le_pos; lra|exact HP]. }
  assert (Hh : 0 <= al * L * kappa M / 2) by (apply Rmult_le_pos; [apply Rmult_le_pos; [apply Rmult_le_pos; lra|exact Hk]|lra]).
  assert (Hpe : 0 <= p / e) by (apply Rmult_le_pos; [exact HP|left; apply Rinv_0_lt_compat, He]).
  set (q := average (fun t => EQ (pred t)) T).
  assert (Hq : 0 <= q).
  { apply Rmult_le_pos; [apply nsum_nonneg; intros; apply expect_Q_nonneg, V|left; apply Rinv_0_lt_compat, PT]. }
  apply (sharp_root q A (al * L * kappa M / 2) (p / e) Hq HA0 Hh Hpe).
  intros c Hc.
  (* the free weight of the cross term is c e *)
  assert (Hce : 0 < c * e) by (apply Rmult_lt_0_compat; assumption).
  assert (Sum : forall n, (n <= T)%nat -> al * nsum (fun n => EQ n) n
    <= expect (fun w => f P (theta0 P w)) - expect (fun w => f P (phi M P n w))
       + al * (L * (kappa M * al) / 2) * (INR n * (/ (c * e) * p) + c * nsum (fun n => EQ n) n)
       + INR n * (L / 2 * al ^ 2 * p)).
  { induction n as [|n IH]; intro Hn.
    - simpl nsum. rewrite (expect_ext _ _ (fun w => f_equal (f P) (phi_zero M P w))). simpl INR. lra.
    - specialize (IH ltac:(lia)). cbn [nsum]. rewrite S_INR.
      pose proof (conditioned_step P L f_inf T al b1 b2 e HS HA Hal Hb1 Hb2 He HU n (c * e) ltac:(lia) Hce) as St.
      assert (Hdm : forall j, (j < Datatypes.S n)%nat -> expect (fun w => nrm2 (idx P) (dir M P j w)) <= p)
        by (intros j Hj; apply (dir_moment M P V j G), HG; lia).
      pose proof (mom_moment M P V n p HP (fun j Hj => Hdm j ltac:(lia))) as Hm. specialize (Hdm n ltac:(lia)).
      apply Rmult_le_compat_l with (r := al * (L * (kappa M * al) / 2) * / (c * e)) in Hm.
      2:{ apply Rmult_le_pos; [|left; apply Rinv_0_lt_compat, Hce]. apply Rmult_le_pos; [lra|].
          apply Rmult_le_pos; [apply Rmult_le_pos; [exact HL|apply Rmult_le_pos; lra]|lra]. }
      apply Rmult_le_compat_l with (r := L / 2 * al ^ 2) in Hdm; [|apply Rmult_le_pos; [lra|apply pow2_ge_0]].
      replace (c * e * (/ e * EQ n)) with (c * EQ n) in St by (field; lra). lra. }
  specialize (Sum T (le_n T)).
  assert (Lo : f_inf <= expect (fun w => f P (phi M P T w))) by apply (expect_lower P L _ _ HS).
  assert (Eq : nsum (fun n => EQ n) T = INR T * q) by (unfold q, average, sum_1_to; simpl pred; field; lra).
  rewrite Eq in Sum.
  apply Rmult_le_reg_l with (al * INR T); [apply Rmult_lt_0_compat; assumption|].
  apply Rle_trans with (Delta + al * (L * (kappa M * al) / 2) * (INR T * (/ (c * e) * p) + c * (INR T * q))
       + INR T * (L / 2 * al ^ 2 * p)); [lra|]. right. unfold A. field. lra.
Qed.

End Sharp.
