(** N3: projected ADOPT in one dimension, f convex (nf a subgradient on [lo, hi]). *)
From Coq Require Import Reals Lra Psatz List.
From Coq Require Vectors.Fin.
From ADOPT Require Import FiniteSum Young Holder Space Paths Spec PolyakLojasiewicz.
Import ListNotations.
Open Scope R_scope.

Definition project (lo hi x : R) : R := Rmax lo (Rmin hi x).

Lemma project_range lo hi x : lo <= hi -> lo <= project lo hi x <= hi.
Proof. intro H. unfold project, Rmax, Rmin. repeat destruct (Rle_dec _ _); lra. Qed.

(** The projection brings every point of [lo, hi] nearer, and moves at most as far. *)
Lemma project_nearer lo hi x y : lo <= y <= hi -> (project lo hi x - y) ^ 2 <= (x - y) ^ 2.
Proof.
  intro H. rewrite <- (pow2_abs (project lo hi x - y)), <- (pow2_abs (x - y)). apply pow_incr. split; [apply Rabs_pos|].
  unfold project, Rmax, Rmin. repeat destruct (Rle_dec _ _); unfold Rabs; repeat destruct (Rcase_abs _); lra.
Qed.

Section Projected.
Context {S : space}.
Variables (f nf : R -> R) (lo hi best : R) (theta0 : S -> R) (g : nat -> S -> R) (G al b1 b2 e : R) (T : nat).

Fixpoint iterate (n : nat) (w : S) : R * R * R :=
  match n with
  | O => (theta0 w, 0, g O w ^ 2)
  | Datatypes.S n' =>
      let '(theta, m, v) := iterate n' w in
      let m' := b1 * m + (1 - b1) * (g n w / Rmax (sqrt v) e) in
      (project lo hi (theta - al * m'), m', b2 * v + (1 - b2) * g n w ^ 2)
  end.
Definition th n w := fst (fst (iterate n w)).
Definition mo n w := snd (fst (iterate n w)).
Definition ve n w := snd (iterate n w).
Definition sc n w := Rmax (sqrt (ve n w)) e.
Definition di n w := g (Datatypes.S n) w / sc n w.

Hypothesis Hsub : forall x y, lo <= x <= hi -> lo <= y <= hi -> f x + nf x * (y - x) <= f y.
Hypothesis Hbest : lo <= best <= hi.
Hypothesis Hmin : forall x, lo <= x <= hi -> f best <= f x.
Hypothesis Hstart : forall w, lo <= theta0 w <= hi.
Hypothesis H0 : measurable O theta0.
Hypothesis Hg : forall t, measurable t (g t).
Hypothesis HU : forall n, (n < T)%nat -> forall w, cond n (g (Datatypes.S n)) w = nf (th n w).
Hypothesis HG : forall t, (t <= T)%nat -> expect (fun w => g t w ^ 2) <= G ^ 2.
Hypothesis Hal : 0 < al.
Hypothesis Hb1 : 0 <= b1 < 1.
Hypothesis Hb2 : 0 <= b2 <= 1.
Hypothesis He : 0 < e.
Hypothesis HT : (1 <= T)%nat.
Notation k_ := (b1 / (1 - b1)).
Notation P_ := (G ^ 2 / e ^ 2).

Lemma next n w : th (Datatypes.S n) w = project lo hi (th n w - al * mo (Datatypes.S n) w)
  /\ mo (Datatypes.S n) w = b1 * mo n w + (1 - b1) * di n w
  /\ ve (Datatypes.S n) w = b2 * ve n w + (1 - b2) * g (Datatypes.S n) w ^ 2.
Proof. unfold th, mo, di, sc, ve. cbn [iterate]. destruct (iterate n w) as [[x m] v]. repeat split. Qed.

Lemma th_range n w : lo <= th n w <= hi.
Proof. destruct n; [apply Hstart|]. destruct (next n w) as [-> _]. apply project_range. lra. Qed.

Lemma iterate_measurable n : measurable n (iterate n).
Proof.
  revert n. apply (recurrence_measurable iterate g Hg).
  - intros w w' E. simpl. rewrite (H0 w w' E), (Hg O w w' E). reflexivity.
  - intros n w w' E1 E2. cbn [iterate]. rewrite E1, E2. reflexivity.
Qed.

Lemma sc_ge n w : e <= sc n w. Proof. apply Rmax_r. Qed.

Lemma ve_nonneg n w : 0 <= ve n w.
Proof.
  induction n as [|n IH]; [apply pow2_ge_0|]. destruct (next n w) as (_ & _ & ->).
  pose proof (pow2_ge_0 (g (Datatypes.S n) w)). apply Rplus_le_le_0_compat; apply Rmult_le_pos; lra.
Qed.

Lemma ve_moment n : (n <= T)%nat -> expect (ve n) <= G ^ 2.
Proof.
  induction n as [|n IH]; intro Hn; [apply (HG O Hn)|].
  rewrite (expect_ext _ _ (fun w => proj2 (proj2 (next n w)))), expect_plus, !expect_scal.
  specialize (IH ltac:(lia)). pose proof (HG (Datatypes.S n) Hn) as A.
  apply Rmult_le_compat_l with (r := b2) in IH; [|lra]. apply Rmult_le_compat_l with (r := 1 - b2) in A; [|lra]. lra.
Qed.

Lemma di_moment n : (n < T)%nat -> expect (fun w => di n w ^ 2) <= P_.
Proof.
  intro Hn. apply Rle_trans with (expect (fun w => / e ^ 2 * g (Datatypes.S n) w ^ 2)).
  - apply expect_le; intro w. unfold di, Rdiv. rewrite Rpow_mult_distr, Rmult_comm, pow_inv.
    apply Rmult_le_compat_r; [apply pow2_ge_0|]. pose proof (sc_ge n w).
    apply Rinv_le_contravar; [apply pow_lt, He|apply pow_incr; lra].
  - rewrite expect_scal. unfold Rdiv. rewrite Rmult_comm. apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat, pow_lt, He|].
    apply HG. lia.
Qed.

Lemma P_ge : 0 <= P_.
Proof. apply Rmult_le_pos; [apply pow2_ge_0|left; apply Rinv_0_lt_compat, pow_lt, He]. Qed.

Lemma mo_moment n : (n <= T)%nat -> expect (fun w => mo n w ^ 2) <= P_.
Proof.
  induction n as [|n IH]; intro Hn.
  - rewrite (expect_ext _ (fun _ => 0)) by (intro; unfold mo; simpl; ring). rewrite expect_const. apply P_ge.
  - apply Rle_trans with (expect (fun w => b1 * mo n w ^ 2 + (1 - b1) * di n w ^ 2)).
    + apply expect_le; intro w. destruct (next n w) as (_ & -> & _). apply square_convex. lra.
    + rewrite expect_plus, !expect_scal. specialize (IH ltac:(lia)). pose proof (di_moment n ltac:(lia)) as A.
      apply Rmult_le_compat_l with (r := b1) in IH; [|lra]. apply Rmult_le_compat_l with (r := 1 - b1) in A; [|lra]. lra.
Qed.

Lemma kappa_ge : 0 <= k_.
Proof. apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat; lra]. Qed.

(** The regret of the directions, pathwise, by a_t = m_t/(1-beta1) - kappa m_(t-1). *)
Lemma regret w n :
  nsum (fun j => di j w * (th j w - best)) n
  <= ((th O w - best) ^ 2 - (th n w - best) ^ 2) / (2 * al) + al * (/ 2 + k_) * nsum (fun j => mo (Datatypes.S j) w ^ 2) n
     + k_ * (mo n w * (th n w - best)).
Proof.
  pose proof kappa_ge as Hk. induction n as [|n IH].
  - simpl nsum. unfold mo at 1. simpl. unfold Rdiv. rewrite Rminus_eq_0. lra.
  - cbn [nsum]. destruct (next n w) as (Et & Em & _).
    set (x := th n w) in *. set (m := mo n w) in *. set (m' := mo (Datatypes.S n) w) in *. set (x' := th (Datatypes.S n) w) in *.
    assert (Ea : di n w = (1 + k_) * m' - k_ * m) by (rewrite Em; field; lra).
    pose proof (project_nearer lo hi (x - al * m') best Hbest) as Near. rewrite <- Et in Near.
    pose proof (project_nearer lo hi (x - al * m') x (th_range n w)) as Move. rewrite <- Et in Move.
    (* |x' - x| <= al |m'| gives m' (x - x') <= al m'^2 *)
    assert (Mv : m' * (x - x') <= al * m' ^ 2).
    { replace ((x - al * m' - x) ^ 2) with ((al * m') ^ 2) in Move by ring.
      apply Rmult_le_reg_l with (2 * al); [lra|].
      assert (0 <= (al * m' - (x - x')) ^ 2) by apply pow2_ge_0.
      assert (E : (al * m' - (x - x')) ^ 2 = (al * m') ^ 2 + (x' - x) ^ 2 - 2 * al * (m' * (x - x'))) by ring. lra. }
    assert (Dn : m' * (x - best) <= ((x - best) ^ 2 - (x' - best) ^ 2) / (2 * al) + al / 2 * m' ^ 2).
    { apply Rmult_le_reg_l with (2 * al); [lra|].
      replace (2 * al * (((x - best) ^ 2 - (x' - best) ^ 2) / (2 * al) + al / 2 * m' ^ 2))
        with ((x - best) ^ 2 - (x' - best) ^ 2 + (al * m') ^ 2) by (field; lra).
      replace ((x - al * m' - best) ^ 2) with ((x - best) ^ 2 - 2 * al * (m' * (x - best)) + (al * m') ^ 2) in Near by ring. lra. }
    rewrite Ea. apply Rmult_le_compat_l with (r := k_) in Mv; [|exact Hk].
    replace (((th O w - best) ^ 2 - (x' - best) ^ 2) / (2 * al))
      with (((th O w - best) ^ 2 - (x - best) ^ 2) / (2 * al) + ((x - best) ^ 2 - (x' - best) ^ 2) / (2 * al)) by (field; lra).
    lra.
Qed.

Lemma regret_closed w :
  nsum (fun j => di j w * (th j w - best)) T
  <= (th O w - best) ^ 2 / (2 * al) + al * (/ 2 + k_) * nsum (fun j => mo (Datatypes.S j) w ^ 2) T + al * k_ ^ 2 / 2 * mo T w ^ 2.
Proof.
  pose proof (regret w T) as R. set (x := th T w - best) in *. set (m := mo T w) in *.
  assert (Y : k_ * (m * x) <= x ^ 2 / (2 * al) + al * k_ ^ 2 / 2 * m ^ 2).
  { assert (H : 0 <= (x - al * k_ * m) ^ 2 / (2 * al)) by (apply Rmult_le_pos; [apply pow2_ge_0|left; apply Rinv_0_lt_compat; lra]).
    replace ((x - al * k_ * m) ^ 2 / (2 * al)) with (x ^ 2 / (2 * al) + al * k_ ^ 2 / 2 * m ^ 2 - k_ * (m * x)) in H by (field; lra). lra. }
  replace (((th O w - best) ^ 2 - x ^ 2) / (2 * al)) with ((th O w - best) ^ 2 / (2 * al) - x ^ 2 / (2 * al)) in R by (field; lra). lra.
Qed.

(** E (f - f_star)/s <= E a (theta - best), by A2 and convexity. *)
Definition Qv n w : R := (f (th n w) - f best) / sc n w.

Lemma Qv_nonneg n w : 0 <= Qv n w.
Proof.
  apply Rmult_le_pos; [pose proof (Hmin (th n w) (th_range n w)); lra|left; apply Rinv_0_lt_compat].
  pose proof (sc_ge n w). lra.
Qed.

Lemma Qv_direction n : (n < T)%nat -> expect (Qv n) <= expect (fun w => di n w * (th n w - best)).
Proof.
  intro Hn. pose proof (fun (A : Type) (h : R * R * R -> A) => measurable_map n h (iterate n) (iterate_measurable n)) as Mh.
  rewrite (expect_ext (fun w => di n w * (th n w - best)) (fun w => (th n w - best) / sc n w * g (Datatypes.S n) w))
    by (intro; unfold di, Rdiv; ring).
  apply Rle_trans with (expect (fun w => (th n w - best) / sc n w * cond n (g (Datatypes.S n)) w)).
  - apply expect_le; intro w. rewrite HU by exact Hn. unfold Qv, Rdiv.
    pose proof (Hsub (th n w) best (th_range n w) Hbest). pose proof (sc_ge n w).
    replace ((th n w - best) * / sc n w * nf (th n w)) with (nf (th n w) * (th n w - best) * / sc n w) by ring.
    apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat; lra|lra].
  - right. symmetry. exact (expect_pull n _ (g (Datatypes.S n)) (Mh R (fun s => (fst (fst s) - best) / Rmax (sqrt (snd s)) e))).
Qed.

(** (E (f(theta_(t-1)) - f_star)^(2/3))^(3/2) *)
Definition value_of (t : nat) : R := rpow (expect (fun w => rpow (f (th (pred t) w) - f best) (2 / 3))) (3 / 2).

Lemma value_le n : (n < T)%nat -> value_of (Datatypes.S n) <= sqrt (G ^ 2 + e ^ 2) * expect (Qv n).
Proof.
  intro Hn. apply (expect_holder_32 _ (Qv n) (fun w => e ^ 2 + ve n w)).
  - intro; apply rpow_nonneg.
  - apply Qv_nonneg.
  - intro w. pose proof (ve_nonneg n w). pose proof (pow2_ge_0 e). lra.
  - intro w. simpl pred. set (x := f (th n w) - f best).
    assert (Hx : 0 <= x) by (unfold x; pose proof (Hmin (th n w) (th_range n w)); lra).
    rewrite (rpow_pow x (2 / 3) 3 (INR 2) Hx) by (discriminate || (simpl; lra)). rewrite rpow_nat by (assumption || discriminate).
    pose proof (sc_ge n w) as Hs. unfold Qv. fold x.
    assert (Hs2 : sc n w ^ 2 <= e ^ 2 + ve n w).
    { pose proof (ve_nonneg n w). pose proof (pow2_ge_0 e). unfold sc, Rmax. destruct (Rle_dec _ _); [lra|]. rewrite pow2_sqrt by assumption. lra. }
    replace (x ^ 2) with ((x / sc n w) ^ 2 * sc n w ^ 2) by (field; lra).
    apply Rmult_le_compat_l; [apply pow2_ge_0|exact Hs2].
  - rewrite expect_plus, expect_const. pose proof (ve_moment n ltac:(lia)). unfold ve in *. lra.
Qed.

Theorem process_adopt_projected_convex :
  min_1_to value_of T <= average value_of T /\
  average value_of T <= sqrt (G ^ 2 + e ^ 2)
    * (expect (fun w => (theta0 w - best) ^ 2) / (2 * al * INR T) + al * P_ * (/ 2 + k_ + k_ ^ 2 / (2 * INR T))).
Proof.
  split; [apply min_1_to_average, HT|]. pose proof (INR_pos T HT) as PT. pose proof kappa_ge as Hk.
  set (D2 := expect (fun w => (theta0 w - best) ^ 2)).
  assert (Sq : nsum (fun n => expect (Qv n)) T <= D2 / (2 * al) + al * (/ 2 + k_) * (INR T * P_) + al * k_ ^ 2 / 2 * P_).
  { apply Rle_trans with (expect (fun w => nsum (fun j => di j w * (th j w - best)) T)).
    - assert (Sum : forall m, (m <= T)%nat -> nsum (fun n => expect (Qv n)) m <= expect (fun w => nsum (fun j => di j w * (th j w - best)) m)).
      { induction m as [|m IH]; intro Hm; [simpl; rewrite expect_const; lra|]. cbn [nsum]. rewrite expect_plus.
        apply Rplus_le_compat; [apply IH; lia|apply Qv_direction; lia]. }
      apply Sum. lia.
    - eapply Rle_trans; [apply expect_le; intro w; apply regret_closed|].
      rewrite !expect_plus, !expect_scal.
      assert (Ms : forall m, (m <= T)%nat -> expect (fun w => nsum (fun j => mo (Datatypes.S j) w ^ 2) m) <= INR m * P_).
      { induction m as [|m IH]; intro Hm; [simpl; rewrite expect_const; lra|]. cbn [nsum]. rewrite expect_plus, S_INR.
        specialize (IH ltac:(lia)). pose proof (mo_moment (Datatypes.S m) Hm). lra. }
      pose proof (Ms T (le_n T)) as A. pose proof (mo_moment T (le_n T)) as B.
      apply Rmult_le_compat_l with (r := al * (/ 2 + k_)) in A; [|apply Rmult_le_pos; lra].
      apply Rmult_le_compat_l with (r := al * k_ ^ 2 / 2) in B.
      2:{ apply Rmult_le_pos; [|lra]. apply Rmult_le_pos; [lra|apply pow2_ge_0]. }
      rewrite (expect_ext (fun w => (th O w - best) ^ 2 / (2 * al)) (fun w => / (2 * al) * (theta0 w - best) ^ 2))
        by (intro; unfold th; simpl; unfold Rdiv; ring).
      rewrite expect_scal. fold D2. unfold Rdiv at 2. lra. }
  apply Rle_trans with (sqrt (G ^ 2 + e ^ 2) * (nsum (fun n => expect (Qv n)) T / INR T)).
  - unfold average, sum_1_to, Rdiv. rewrite <- Rmult_assoc, <- nsum_scal.
    apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat, PT|]. apply nsum_le; intros n Hn. apply value_le, Hn.
  - apply Rmult_le_compat_l; [apply sqrt_pos|]. apply Rmult_le_reg_r with (INR T); [exact PT|].
    unfold Rdiv at 1. rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra. eapply Rle_trans; [exact Sq|]. right. field. lra.
Qed.

End Projected.
