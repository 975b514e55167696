(** N4: clipped ADOPT with bounded variance only, beta1 = 0, c_t >= 2 sigma / eps.
    Where |grad_i| / s_i exceeds c/2 the clipped direction still gains |grad_i| c/2, so
    the proof measures sum_i |grad_i| min(|grad_i| / s_i, c/2).  It needs alpha <= eps / (4 L)
    only, a weaker condition than the eps / (8 L) of the statement it was written for. *)
From Coq Require Import Reals Lra Psatz List FunctionalExtensionality.
From ADOPT Require Import FiniteSum Vector Holder Space Adopt SecondMoment Momentum Descent ConstantStep Clipping BoundedVariance.
Open Scope R_scope.

(** clip(y) against the half-clipped u, up to a linear term and a quadratic one *)
Lemma clip_half c u y x : 0 < c -> (0 <= x -> 0 <= u) -> (x <= 0 -> u <= 0) ->
  x * clip (c / 2) u + x * (y - u) - Rabs x * (/ (2 * c) * (y - u) ^ 2) <= x * clip c y.
Proof.
  intros Hc Hpos Hneg. set (d := y - u). replace y with (u + d) by (unfold d; ring).
  assert (Q : 0 <= / (2 * c) * d ^ 2) by (apply Rmult_le_pos; [left; apply Rinv_0_lt_compat; lra|apply pow2_ge_0]).
  assert (Q1 : 2 * c * (/ (2 * c) * d ^ 2) = d ^ 2) by (field; lra). set (q := / (2 * c) * d ^ 2) in *.
  assert (Bd : d - c / 2 <= q /\ - d - c / 2 <= q).
  { split; apply Rmult_le_reg_l with (2 * c); try lra; rewrite Q1.
    - assert (0 <= (d - c) ^ 2) by apply pow2_ge_0. lra.
    - assert (0 <= (d + c) ^ 2) by apply pow2_ge_0. lra. }
  destruct Bd as [B1 B2]. destruct (Rle_dec 0 x) as [Hx|Hx].
  - specialize (Hpos Hx). rewrite Rabs_right by lra. assert (K : clip (c / 2) u + d - q <= clip c (u + d)).
    { unfold clip, Rmax, Rmin. repeat destruct (Rle_dec _ _); lra. }
    apply Rmult_le_compat_l with (r := x) in K; lra.
  - specialize (Hneg ltac:(lra)). rewrite Rabs_left by lra. assert (K : clip c (u + d) <= clip (c / 2) u + d + q).
    { unfold clip, Rmax, Rmin. repeat destruct (Rle_dec _ _); lra. }
    apply Rmult_le_compat_l with (r := - x) in K; lra.
Qed.

Section ClippedVariance.
Context {S : space} {I : Type}.
Variables (P : problem S I) (L f_inf sigma cm : R) (T : nat) (c : nat -> R) (al b2 e : R).
Hypothesis HS : smooth P L f_inf.
Hypothesis HA : adapted P.
Hypothesis Hal : 0 < al.
Hypothesis Hb2 : 0 <= b2 <= 1.
Hypothesis He : 0 < e.
Hypothesis HT : (1 <= T)%nat.
Notation M := (clipped_method c (fun _ => al) 0 b2 e).
Hypothesis HU : unbiased M P T.
Hypothesis Hcm : 0 < cm.
Hypothesis Hc : forall t, cm <= c (Datatypes.S t).
Hypothesis Hsg : 0 <= sigma.
Hypothesis Hcs : forall t, 2 * sigma <= c (Datatypes.S t) * e.
Hypothesis H_step : 4 * (al * L) <= e.
Hypothesis HV : forall n, (n < T)%nat -> forall w, lsum (idx P) (fun i => variance M P n w i) <= sigma ^ 2.
Hypothesis H0 : expect (fun w => nrm2 (idx P) (g P O w)) <= sigma ^ 2 + expect (fun w => nrm2 (idx P) (gradient M P O w)).
Notation Delta := (expect (fun w => f P (theta0 P w)) - f_inf).
Notation delta n := (expect (fun w => f P (theta M P n w)) - f_inf).
Notation ct n := (c (Datatypes.S n)).

Lemma VM : valid M.
Proof.
  split; simpl; try assumption; try lra; intros; try lra. apply clip_shrinks. pose proof (Hc t). lra.
Qed.

(** the gain of coordinate i *)
Definition gain_at n w i : R := gradient M P n w i * clip (ct n / 2) (gradient M P n w i / s_ M P n w i).
Definition gains n w : R := lsum (idx P) (gain_at n w).

Lemma gain_cases n w i : let x := gradient M P n w i in let s := s_ M P n w i in
  (Rabs x <= ct n / 2 * s /\ gain_at n w i = x ^ 2 / s) \/ (ct n / 2 * s < Rabs x /\ gain_at n w i = Rabs x * (ct n / 2)).
Proof.
  intros x s. pose proof (s_pos M P VM n w i) as Ps. fold s in Ps. pose proof (Hc n) as Hcn.
  unfold gain_at. fold x s. set (h := ct n / 2). assert (Ph : 0 < h) by (unfold h; lra).
  assert (Ex : x = x / s * s) by (field; lra).
  destruct (Rle_dec (Rabs x) (h * s)) as [A|A]; [left|right]; split; try lra.
  - assert (B : - h <= x / s <= h).
    { rewrite Ex in A at 1. rewrite Rabs_mult, (Rabs_right s) in A by lra.
      apply Rmult_le_reg_r in A; [|exact Ps]. revert A. unfold Rabs. destruct (Rcase_abs (x / s)); lra. }
    unfold clip. rewrite Rmin_right, Rmax_right by lra. field. lra.
  - assert (B : h < Rabs (x / s)).
    { rewrite Ex in A. rewrite Rabs_mult, (Rabs_right s) in A by lra. apply Rmult_lt_reg_r with s; [exact Ps|lra]. }
    assert (Sg : 0 < x / s -> 0 < x) by (intro; rewrite Ex; apply Rmult_lt_0_compat; lra).
    assert (Sn : x / s < 0 -> x < 0) by (intro; rewrite Ex; assert (0 < - (x / s) * s) by (apply Rmult_lt_0_compat; lra); lra).
    revert B. unfold clip, Rabs, Rmax, Rmin.
    destruct (Rcase_abs (x / s)), (Rcase_abs x); repeat destruct (Rle_dec _ _); intro B; try lra.
Qed.

Lemma gain_nonneg n w i : 0 <= gain_at n w i.
Proof.
  pose proof (s_pos M P VM n w i). pose proof (Hc n). pose proof (Rabs_pos (gradient M P n w i)).
  destruct (gain_cases n w i) as [[_ ->] | [_ ->]].
  - apply Rmult_le_pos; [apply pow2_ge_0|left; apply Rinv_0_lt_compat; assumption].
  - apply Rmult_le_pos; lra.
Qed.

Lemma variance_nonneg n w i : 0 <= variance M P n w i.
Proof. apply cond_nonneg; intro; apply pow2_ge_0. Qed.

Lemma variance_le n w i : (n < T)%nat -> In i (idx P) -> 0 <= variance M P n w i <= sigma ^ 2.
Proof.
  intros Hn Hi. split; [apply variance_nonneg|]. eapply Rle_trans; [|apply (HV n Hn w)].
  apply (lsum_in_le (idx P) (variance M P n w)); [intros; apply variance_nonneg|exact Hi].
Qed.

(** E[grad_i a_i | F] >= gain / 2 - var^2 / (8 c^2 eps^3) *)
Lemma direction_coordinate n w i : (n < T)%nat -> In i (idx P) ->
  / 2 * gain_at n w i - / (8 * ct n ^ 2 * e ^ 3) * variance M P n w i ^ 2
  <= cond n (fun w => gradient M P n w i * dir M P n w i) w.
Proof.
  intros Hn Hi. pose proof (Hc n) as Hcn. assert (Pc : 0 < ct n) by lra.
  set (k := ct n) in *.
  apply Rle_trans with (gain_at n w i - Rabs (gradient M P n w i) * / (2 * k * s_ M P n w i ^ 2) * variance M P n w i).
  - pose proof (variance_le n w i Hn Hi) as Hv. pose proof (s_eps M P n w i) as Hs. simpl eps in Hs.
    pose proof (gain_cases n w i) as GC. cbv zeta in GC. fold k in GC.
    set (x := gradient M P n w i) in *. set (s := s_ M P n w i) in *. set (v := variance M P n w i) in *. set (q := gain_at n w i) in *.
    assert (Ps : 0 < s) by lra. pose proof (Rabs_pos x) as Hx.
    assert (He3 : 0 < e ^ 3) by (apply pow_lt, He). assert (Hk2 : 0 < k ^ 2) by (apply pow_lt, Pc).
    destruct GC as [[A Eq] | [A Eq]].
    + (* Young *)
      assert (Y : Rabs x * / (2 * k * s ^ 2) * v <= / 2 * (x ^ 2 / s) + / (8 * k ^ 2 * s ^ 3) * v ^ 2).
      { assert (H : 0 <= / (8 * k ^ 2 * s ^ 3) * (v - 2 * k * s * Rabs x) ^ 2).
        { apply Rmult_le_pos; [|apply pow2_ge_0]. left. apply Rinv_0_lt_compat.
          apply Rmult_lt_0_compat; [lra|apply pow_lt, Ps]. }
        replace (/ (8 * k ^ 2 * s ^ 3) * (v - 2 * k * s * Rabs x) ^ 2)
          with (/ (8 * k ^ 2 * s ^ 3) * v ^ 2 - Rabs x * / (2 * k * s ^ 2) * v + / 2 * (Rabs x ^ 2 / s)) in H by (field; lra).
        rewrite pow2_abs in H. lra. }
      assert (Z : / (8 * k ^ 2 * s ^ 3) * v ^ 2 <= / (8 * k ^ 2 * e ^ 3) * v ^ 2).
      { apply Rmult_le_compat_r; [apply pow2_ge_0|]. apply Rinv_le_contravar; [apply Rmult_lt_0_compat; lra|].
        apply Rmult_le_compat_l; [lra|]. apply pow_incr; lra. }
      rewrite Eq. lra.
    + (* var <= sigma^2 <= c^2 eps^2 / 4 *)
      assert (B : v <= k ^ 2 * s ^ 2 / 4).
      { pose proof (Hcs n) as Hcs'. fold k in Hcs'.
        assert (sigma <= k * s / 2) by (assert (k * e <= k * s) by (apply Rmult_le_compat_l; lra); lra).
        apply Rle_trans with (sigma ^ 2); [lra|]. replace (k ^ 2 * s ^ 2 / 4) with ((k * s / 2) ^ 2) by field. apply pow_incr. lra. }
      assert (Bd : Rabs x * / (2 * k * s ^ 2) * v <= Rabs x * (k / 8)).
      { rewrite Rmult_assoc. apply Rmult_le_compat_l; [exact Hx|].
        apply Rle_trans with (/ (2 * k * s ^ 2) * (k ^ 2 * s ^ 2 / 4)); [|right; field; lra].
        apply Rmult_le_compat_l; [|exact B]. left. apply Rinv_0_lt_compat. apply Rmult_lt_0_compat; [lra|apply pow_lt, Ps]. }
      assert (0 <= / (8 * k ^ 2 * e ^ 3) * v ^ 2)
        by (apply Rmult_le_pos; [left; apply Rinv_0_lt_compat, Rmult_lt_0_compat; lra|apply pow2_ge_0]).
      assert (0 <= Rabs x * k) by (apply Rmult_le_pos; lra). rewrite Eq. lra.
  - set (lower := fun w => gain_at n w i + (gradient M P n w i / s_ M P n w i) * (g P (Datatypes.S n) w i - gradient M P n w i)
      - (Rabs (gradient M P n w i) * / (2 * k * s_ M P n w i ^ 2)) * (g P (Datatypes.S n) w i - gradient M P n w i) ^ 2).
    apply Rle_trans with (cond n lower w).
    + right. unfold lower. rewrite cond_minus, cond_plus.
      rewrite (cond_known n _ w (state_measurable M P HA n (fun st => nf P (th st) i * clip (k / 2) (nf P (th st) i / den e st i)) : measurable n (fun w => gain_at n w i))).
      rewrite (cond_pull S n _ (fun w => g P (Datatypes.S n) w i - gradient M P n w i)
        (state_measurable M P HA n (fun st => nf P (th st) i / den e st i) : measurable n (fun w => gradient M P n w i / s_ M P n w i))).
      rewrite (cond_pull S n _ (fun w => (g P (Datatypes.S n) w i - gradient M P n w i) ^ 2)
        (state_measurable M P HA n (fun st => Rabs (nf P (th st) i) * / (2 * k * den e st i ^ 2)) : measurable n (fun w => Rabs (gradient M P n w i) * / (2 * k * s_ M P n w i ^ 2)))).
      rewrite cond_minus, HU by exact Hn.
      rewrite (cond_known n _ w (state_measurable M P HA n (fun st => nf P (th st) i) : measurable n (fun w => gradient M P n w i))).
      unfold variance. ring.
    + apply cond_le; intro w'. unfold lower, gain_at, dir. simpl post. fold k.
      pose proof (s_pos M P VM n w' i) as Ps. set (x := gradient M P n w' i). set (s := s_ M P n w' i) in *.
      set (y := g P (Datatypes.S n) w' i).
      assert (Is : 0 < / s) by (apply Rinv_0_lt_compat, Ps).
      assert (Hp : 0 <= x -> 0 <= x / s) by (intro; apply Rmult_le_pos; lra).
      assert (Hm : x <= 0 -> x / s <= 0) by (intro; unfold Rdiv; assert (0 <= - x * / s) by (apply Rmult_le_pos; lra); lra).
      eapply Rle_trans; [|apply (clip_half k (x / s) (y / s) x Pc Hp Hm)]. right. field. lra.
Qed.

(** E[a_i^2 | F] <= 2 gain / eps + var / eps^2 *)
Lemma square_coordinate n w i : (n < T)%nat ->
  cond n (fun w => dir M P n w i ^ 2) w <= 2 / e * gain_at n w i + / e ^ 2 * variance M P n w i.
Proof.
  intro Hn. pose proof (Hc n) as Hcn. assert (Pc : 0 < ct n) by lra. pose proof (s_eps M P n w i) as Hs. simpl eps in Hs.
  pose proof (gain_cases n w i) as GC. cbv zeta in GC. pose proof (variance_nonneg n w i) as Hv.
  set (k := ct n) in *. set (x := gradient M P n w i) in *. set (s := s_ M P n w i) in *. set (q := gain_at n w i) in *.
  assert (Ps : 0 < s) by lra. assert (Pie : 0 < / e) by (apply Rinv_0_lt_compat, He).
  assert (Pi2 : 0 < / e ^ 2) by (apply Rinv_0_lt_compat, pow_lt, He).
  assert (Ax : Rabs x ^ 2 = x ^ 2) by apply pow2_abs. pose proof (Rabs_pos x) as Hx.
  destruct (Rle_dec (Rabs x) (k * s)) as [A|A].
  - apply Rle_trans with (/ s ^ 2 * (x ^ 2 + variance M P n w i)).
    + apply Rle_trans with (cond n (fun w => / s_ M P n w i ^ 2 * g P (Datatypes.S n) w i ^ 2) w).
      * apply cond_le; intro w'. unfold dir. simpl post. rewrite <- (pow2_abs (clip _ _)).
        replace (/ s_ M P n w' i ^ 2 * g P (Datatypes.S n) w' i ^ 2) with (Rabs (g P (Datatypes.S n) w' i / s_ M P n w' i) ^ 2).
        -- apply pow_incr. split; [apply Rabs_pos|apply clip_shrinks, Pc].
        -- rewrite pow2_abs. unfold Rdiv. rewrite Rpow_mult_distr, pow_inv. ring.
      * rewrite (cond_pull S n _ _ (state_measurable M P HA n (fun st => / den e st i ^ 2) : measurable n (fun w => / s_ M P n w i ^ 2))).
        fold s. right. f_equal. unfold variance.
        rewrite (cond_ext n (fun w => (g P (Datatypes.S n) w i - gradient M P n w i) ^ 2)
          (fun w => g P (Datatypes.S n) w i ^ 2 + (-2 * (gradient M P n w i * g P (Datatypes.S n) w i) + gradient M P n w i ^ 2))) by (intro; ring).
        rewrite !cond_plus, cond_scal.
        rewrite (cond_pull S n _ _ (state_measurable M P HA n (fun st => nf P (th st) i) : measurable n (fun w => gradient M P n w i))).
        rewrite (cond_known n _ w (state_measurable M P HA n (fun st => nf P (th st) i ^ 2) : measurable n (fun w => gradient M P n w i ^ 2))).
        rewrite HU by exact Hn. fold x. ring.
    + assert (Is2 : / s ^ 2 <= / e ^ 2) by (apply Rinv_le_contravar; [apply pow_lt, He|apply pow_incr; lra]).
      rewrite Rmult_plus_distr_l. apply Rplus_le_compat; [|apply Rmult_le_compat_r; assumption].
      assert (Ie : / s <= / e) by (apply Rinv_le_contravar; lra).
      assert (B : x ^ 2 / s <= 2 * q).
      { destruct GC as [[_ Eq] | [A2 Eq]]; rewrite Eq.
        - assert (0 <= x ^ 2 / s) by (apply Rmult_le_pos; [apply pow2_ge_0|left; apply Rinv_0_lt_compat, Ps]). lra.
        - rewrite <- Ax. apply Rmult_le_reg_r with s; [exact Ps|]. unfold Rdiv at 1. rewrite Rmult_assoc, Rinv_l by lra.
          assert (Rabs x * Rabs x <= Rabs x * (k * s)) by (apply Rmult_le_compat_l; assumption). lra. }
      replace (/ s ^ 2 * x ^ 2) with (/ s * (x ^ 2 / s)) by (field; lra). unfold Rdiv.
      assert (0 <= x ^ 2 / s) by (apply Rmult_le_pos; [apply pow2_ge_0|left; apply Rinv_0_lt_compat, Ps]).
      apply Rle_trans with (/ e * (x ^ 2 / s)); [apply Rmult_le_compat_r; assumption|].
      apply Rmult_le_compat_l with (r := / e) in B; lra.
  - apply Rle_trans with (k ^ 2).
    + rewrite <- (cond_const n (k ^ 2) w). apply cond_le; intro w'. unfold dir. simpl post. fold k.
      rewrite <- (pow2_abs (clip _ _)). apply pow_incr. split; [apply Rabs_pos|]. apply Rabs_le.
      unfold clip, Rmax, Rmin. repeat destruct (Rle_dec _ _); lra.
    + assert (Q2 : k ^ 2 * e <= 2 * q).
      { destruct GC as [[A2 _] | [_ Eq]]; [assert (0 < k * s) by (apply Rmult_lt_0_compat; lra); lra|]. rewrite Eq.
        assert (k * (k * e) <= k * Rabs x) by (apply Rmult_le_compat_l; [lra|]; assert (k * e <= k * s) by (apply Rmult_le_compat_l; lra); lra). lra. }
      assert (0 <= / e ^ 2 * variance M P n w i) by (apply Rmult_le_pos; lra).
      assert (k ^ 2 <= 2 / e * q); [|lra].
      apply Rmult_le_reg_r with e; [exact He|]. replace (2 / e * q * e) with (2 * q) by (field; lra). exact Q2.
Qed.

Definition bias_at n : R := sigma ^ 4 / (8 * e ^ 3) * / ct n ^ 2.
Definition noise_at n : R := al ^ 2 * L * sigma ^ 2 / (2 * e ^ 2) + al * bias_at n.

Lemma noise_nonneg n : 0 <= noise_at n.
Proof.
  pose proof (sm_L _ _ _ HS). pose proof (Hc n). assert (0 <= sigma ^ 4) by (apply pow_le, Hsg).
  unfold noise_at, bias_at. apply Rplus_le_le_0_compat.
  - apply Rmult_le_pos; [|left; apply Rinv_0_lt_compat, Rmult_lt_0_compat; [lra|apply pow_lt, He]].
    apply Rmult_le_pos; [apply Rmult_le_pos; [apply pow2_ge_0|assumption]|apply pow2_ge_0].
  - apply Rmult_le_pos; [lra|]. apply Rmult_le_pos; [|left; apply Rinv_0_lt_compat, pow_lt; lra].
    apply Rmult_le_pos; [assumption|left; apply Rinv_0_lt_compat, Rmult_lt_0_compat; [lra|apply pow_lt, He]].
Qed.

Lemma step n : (n < T)%nat -> delta (Datatypes.S n) <= delta n - al / 4 * expect (gains n) + noise_at n.
Proof.
  intro Hn. pose proof (sm_L _ _ _ HS) as HL. pose proof (Hc n) as Hcn. set (k := ct n) in *. assert (Pk : 0 < k) by lra.
  assert (Dir : / 2 * expect (gains n) - bias_at n <= expect (fun w => dot (idx P) (gradient M P n w) (dir M P n w))).
  { rewrite <- (expect_cond S n (fun w => dot _ _ _)), <- (expect_const (S := S) (bias_at n)), <- expect_scal, <- expect_minus.
    apply expect_le; intro w. unfold dot. rewrite cond_sum.
    apply Rle_trans with (lsum (idx P) (fun i => / 2 * gain_at n w i + - / (8 * k ^ 2 * e ^ 3) * variance M P n w i ^ 2)).
    - rewrite lsum_plus, !lsum_scal. unfold gains.
      assert (V4 : lsum (idx P) (fun i => variance M P n w i ^ 2) <= sigma ^ 4).
      { eapply Rle_trans; [apply sum_square_le; intro; apply variance_nonneg|]. replace (sigma ^ 4) with ((sigma ^ 2) ^ 2) by ring.
        apply pow_incr. split; [apply lsum_nonneg; intros; apply variance_nonneg|apply (HV n Hn w)]. }
      assert (Pz : 0 < / (8 * k ^ 2 * e ^ 3)).
      { apply Rinv_0_lt_compat. apply Rmult_lt_0_compat; [|apply pow_lt, He]. pose proof (pow_lt k 2 Pk). lra. }
      apply Rmult_le_compat_l with (r := / (8 * k ^ 2 * e ^ 3)) in V4; [|lra].
      replace (bias_at n) with (/ (8 * k ^ 2 * e ^ 3) * sigma ^ 4) by (unfold bias_at; fold k; field; lra).
      change (lsum (idx P) (gain_at n w)) with (lsum (idx P) (fun i => gain_at n w i)). lra.
    - apply lsum_le_in; intros i Hi. pose proof (direction_coordinate n w i Hn Hi) as A. fold k in A. lra. }
  assert (Sq : expect (fun w => nrm2 (idx P) (dir M P n w)) <= 2 / e * expect (gains n) + / e ^ 2 * sigma ^ 2).
  { rewrite <- (expect_cond S n (fun w => nrm2 _ _)), <- (expect_const (S := S) (sigma ^ 2)), <- !expect_scal, <- expect_plus.
    apply expect_le; intro w. unfold nrm2. rewrite cond_sum.
    apply Rle_trans with (lsum (idx P) (fun i => 2 / e * gain_at n w i + / e ^ 2 * variance M P n w i)).
    - apply lsum_le; intro i. apply square_coordinate, Hn.
    - rewrite lsum_plus, !lsum_scal. apply Rplus_le_compat; [apply Rle_refl|].
      apply Rmult_le_compat_l; [left; apply Rinv_0_lt_compat, pow_lt, He|apply (HV n Hn w)]. }
  pose proof (expect_step_no_momentum M P L f_inf VM HS n eq_refl) as St. change (alpha M (Datatypes.S n)) with al in St.
  apply Rmult_le_compat_l with (r := al) in Dir; [|lra].
  apply Rmult_le_compat_l with (r := L / 2 * al ^ 2) in Sq; [|apply Rmult_le_pos; [lra|apply pow2_ge_0]].
  assert (Pg : 0 <= expect (gains n)) by (apply expect_nonneg; intro; apply lsum_nonneg; intros; apply gain_nonneg).
  assert (Ab : L / 2 * al ^ 2 * (2 / e * expect (gains n)) <= al / 4 * expect (gains n)).
  { replace (L / 2 * al ^ 2 * (2 / e * expect (gains n))) with (al / 4 * expect (gains n) * (4 * (al * L) * / e)) by (field; lra).
    rewrite <- (Rmult_1_r (al / 4 * expect (gains n))) at 2. apply Rmult_le_compat_l; [apply Rmult_le_pos; lra|].
    apply Rmult_le_reg_r with e; [exact He|]. rewrite Rmult_assoc, Rinv_l by lra. lra. }
  assert (En : L / 2 * al ^ 2 * (/ e ^ 2 * sigma ^ 2) = al ^ 2 * L * sigma ^ 2 / (2 * e ^ 2)) by (field; lra).
  unfold noise_at. lra.
Qed.

Definition total : R := Delta + nsum noise_at T.

Lemma gap n : 0 <= delta n.
Proof. pose proof (expect_lower P L f_inf (theta M P n) HS). lra. Qed.

Lemma energy n : (n <= T)%nat -> delta n + al / 4 * nsum (fun n => expect (gains n)) n <= total.
Proof.
  intro Hn. assert (A : delta n + al / 4 * nsum (fun n => expect (gains n)) n <= Delta + nsum noise_at n).
  { induction n as [|n IH]; [unfold theta; simpl; lra|]. specialize (IH ltac:(lia)). pose proof (step n ltac:(lia)). cbn [nsum]. lra. }
  eapply Rle_trans; [exact A|]. unfold total. apply Rplus_le_compat_l. replace T with (n + (T - n))%nat by lia.
  induction (T - n)%nat as [|m IH]; [rewrite Nat.add_0_r; apply Rle_refl|].
  rewrite Nat.add_succ_r. cbn [nsum]. pose proof (noise_nonneg (n + m)). lra.
Qed.

Lemma gradient_le n : (n < T)%nat -> expect (fun w => nrm2 (idx P) (gradient M P n w)) <= 2 * L * total.
Proof.
  intro Hn. pose proof (sm_L _ _ _ HS) as HL. apply Rle_trans with (2 * L * delta n).
  - rewrite <- (expect_const (S := S) f_inf), <- expect_minus, <- expect_scal. apply expect_le; intro w.
    apply (smooth_gap P L f_inf _ HS).
  - apply Rmult_le_compat_l; [lra|]. pose proof (energy n ltac:(lia)).
    assert (0 <= nsum (fun n => expect (gains n)) n)
      by (apply nsum_nonneg; intros; apply expect_nonneg; intro; apply lsum_nonneg; intros; apply gain_nonneg).
    assert (0 <= al / 4 * nsum (fun n => expect (gains n)) n) by (apply Rmult_le_pos; lra). lra.
Qed.

(** Step 7, with max(s_i, 2 |grad_i| / c) in place of s_i *)
Lemma criterion_gains n : (n < T)%nat ->
  criterion M P (Datatypes.S n) <= sqrt (e ^ 2 + sigma ^ 2 + 2 * L * total * (1 + 4 / cm ^ 2)) * expect (gains n).
Proof.
  intro Hn. apply (expect_holder_32 _ (gains n) (fun w => (e ^ 2 + vsum M P n w) + 4 / cm ^ 2 * nrm2 (idx P) (gradient M P n w))).
  - intro; apply rpow_nonneg.
  - intro; apply lsum_nonneg; intros; apply gain_nonneg.
  - intro w. pose proof (vsum_nonneg M P VM n w). pose proof (pow2_ge_0 e). pose proof (nrm2_nonneg (idx P) (gradient M P n w)).
    assert (0 <= 4 / cm ^ 2) by (left; apply Rdiv_lt_0_compat; [lra|apply pow_lt, Hcm]).
    assert (0 <= 4 / cm ^ 2 * nrm2 (idx P) (gradient M P n w)) by (apply Rmult_le_pos; assumption). lra.
  - intro w. simpl pred. pose proof (vsum_nonneg M P VM n w) as Hvs. pose proof (nrm2_nonneg (idx P) (gradient M P n w)) as Hnn.
    pose proof (pow_lt e 2 He) as He2. pose proof (pow_lt cm 2 Hcm) as Hc2.
    assert (H4 : 0 < 4 / cm ^ 2) by (apply Rdiv_lt_0_compat; lra).
    assert (HAm : 0 <= 4 / cm ^ 2 * nrm2 (idx P) (gradient M P n w)) by (apply Rmult_le_pos; lra).
    apply norm_power_43; [lra|apply gain_nonneg|]. intros i Hi. pose proof (s_pos M P VM n w i) as Ps. pose proof (Hc n) as Hcn.
    destruct (gain_cases n w i) as [[_ Eq] | [_ Eq]].
    + exists (s_ M P n w i). pose proof (s_square M P VM n w i Hi) as B. simpl eps in B. split; [lra|]. rewrite Eq. right. field. lra.
    + set (x := gradient M P n w i) in *. exists (2 * Rabs x / ct n). split.
      * replace ((2 * Rabs x / ct n) ^ 2) with (4 / ct n ^ 2 * Rabs x ^ 2) by (field; lra). rewrite pow2_abs.
        assert (4 / ct n ^ 2 <= 4 / cm ^ 2) by (apply Rmult_le_compat_l; [lra|]; apply Rinv_le_contravar; [exact Hc2|apply pow_incr; lra]).
        apply Rle_trans with (4 / cm ^ 2 * nrm2 (idx P) (gradient M P n w)); [|lra].
        apply Rmult_le_compat; try assumption; [left; apply Rdiv_lt_0_compat; [lra|apply pow_lt; lra]|apply pow2_ge_0|].
        exact (lsum_in_le (idx P) (fun i => gradient M P n w i ^ 2) i (fun j _ => pow2_ge_0 _) Hi).
      * rewrite Eq, <- (pow2_abs x). right. field. lra.
  - rewrite !expect_plus, expect_const, expect_scal. pose proof (gradient_le n Hn) as A.
    assert (B : expect (vsum M P n) <= sigma ^ 2 + 2 * L * total).
    { apply (vsum_moment M P VM). intros [|t] Ht.
      - eapply Rle_trans; [exact H0|]. pose proof (gradient_le O ltac:(lia)). lra.
      - apply Rle_trans with (sigma ^ 2 + expect (fun w => nrm2 (idx P) (gradient M P t w))); [|pose proof (gradient_le t ltac:(lia)); lra].
        rewrite <- (expect_cond S t (fun w => nrm2 _ _)), <- (expect_const (S := S) (sigma ^ 2)), <- expect_plus.
        apply expect_le; intro w. pose proof (HV t ltac:(lia) w) as Hv. unfold nrm2. rewrite cond_sum.
        apply Rle_trans with (lsum (idx P) (fun i => gradient M P t w i ^ 2 + variance M P t w i)).
        2:{ rewrite lsum_plus. change (lsum (idx P) (variance M P t w)) with (lsum (idx P) (fun i => variance M P t w i)). lra. }
        apply lsum_le; intro i. right. unfold variance.
        rewrite (cond_ext t (fun w => (g P (Datatypes.S t) w i - gradient M P t w i) ^ 2)
          (fun w => g P (Datatypes.S t) w i ^ 2 + (-2 * (gradient M P t w i * g P (Datatypes.S t) w i) + gradient M P t w i ^ 2))) by (intro; ring).
        rewrite !cond_plus, cond_scal.
        rewrite (cond_pull S t _ _ (state_measurable M P HA t (fun st => nf P (th st) i) : measurable t (fun w => gradient M P t w i))).
        rewrite (cond_known t _ w (state_measurable M P HA t (fun st => nf P (th st) i ^ 2) : measurable t (fun w => gradient M P t w i ^ 2))).
        rewrite HU by lia. ring. }
    assert (H4 : 0 < 4 / cm ^ 2) by (apply Rdiv_lt_0_compat; [lra|apply pow_lt, Hcm]).
    apply Rmult_le_compat_l with (r := 4 / cm ^ 2) in A; [|lra]. lra.
Qed.

Theorem process_adopt_clipped_bounded_variance :
  min_1_to (criterion M P) T <= average (criterion M P) T /\
  average (criterion M P) T
  <= sqrt (e ^ 2 + sigma ^ 2 + 2 * L * total * (1 + 4 / cm ^ 2))
     * (4 * (Delta / (al * INR T) + al * L * sigma ^ 2 / (2 * e ^ 2) + sigma ^ 4 / (8 * e ^ 3) * average (fun t => / c t ^ 2) T)).
Proof.
  pose proof (INR_pos T HT) as PT. split; [apply min_1_to_average, HT|].
  set (C := sqrt (e ^ 2 + sigma ^ 2 + 2 * L * total * (1 + 4 / cm ^ 2))).
  apply Rle_trans with (C * (nsum (fun n => expect (gains n)) T / INR T)).
  - unfold average, sum_1_to, Rdiv. rewrite <- Rmult_assoc, <- nsum_scal.
    apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat, PT|]. apply nsum_le; intros n Hn. apply criterion_gains, Hn.
  - apply Rmult_le_compat_l; [apply sqrt_pos|]. pose proof (energy T (le_n T)) as En. pose proof (gap T) as Gt.
    apply Rmult_le_reg_r with (al / 4 * INR T); [apply Rmult_lt_0_compat; lra|].
    replace (nsum (fun n => expect (gains n)) T / INR T * (al / 4 * INR T)) with (al / 4 * nsum (fun n => expect (gains n)) T) by (field; lra).
    apply Rle_trans with total; [lra|]. right. unfold total, average, sum_1_to.
    assert (Es : nsum noise_at T = INR T * (al ^ 2 * L * sigma ^ 2 / (2 * e ^ 2)) + al * (sigma ^ 4 / (8 * e ^ 3)) * nsum (fun n => / ct n ^ 2) T).
    { rewrite <- nsum_const, <- nsum_scal, <- nsum_plus. apply nsum_ext; intros n _. unfold noise_at, bias_at. ring. }
    rewrite Es. field. lra.
Qed.

End ClippedVariance.
