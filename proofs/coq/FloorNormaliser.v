(** The three normalisers for which a floor holds, and what the floor needs of them:
    Lipschitz constants in the gradient and in the root of the second moment, and where
    the difference of two inverses is least. *)
From Coq Require Import Reals Lra Psatz.
From ADOPT Require Import FiniteSum.
Open Scope R_scope.

(** max(sqrt v, eps), sqrt v + eps, sqrt(v + eps^2) *)
Inductive form := largest | total | inside.

Definition normaliser (f : form) (eps v : R) : R :=
  match f with
  | largest => Rmax (sqrt v) eps
  | total => sqrt v + eps
  | inside => sqrt (v + eps ^ 2)
  end.

Lemma abs_bounds x c : Rabs x <= c <-> - c <= x <= c.
Proof. unfold Rabs. destruct (Rcase_abs x); split; lra. Qed.

Lemma sqrt_le_square x z : 0 <= z -> x <= z ^ 2 -> sqrt x <= z.
Proof. intros Hz H. rewrite <- (sqrt_pow2 z) by exact Hz. apply sqrt_le_1_alt, H. Qed.

Section Normaliser.
Variables (f : form) (eps : R).
Hypothesis He : 0 < eps.
Notation D := (normaliser f eps).

Lemma normaliser_least v : 0 <= v -> eps <= D v.
Proof.
  intro Hv. pose proof (sqrt_pos v). destruct f; cbn [normaliser]; [apply Rmax_r|lra|].
  rewrite <- (sqrt_pow2 eps) at 1 by lra. apply sqrt_le_1_alt. lra.
Qed.

Lemma normaliser_pos v : 0 <= v -> 0 < D v.
Proof. intro Hv. pose proof (normaliser_least v Hv). lra. Qed.

Lemma normaliser_inverse v : 0 <= v -> 0 < / D v <= / eps.
Proof.
  intro Hv. split; [apply Rinv_0_lt_compat, normaliser_pos, Hv|].
  apply Rinv_le_contravar; [exact He|apply normaliser_least, Hv].
Qed.

Lemma normaliser_mono v v' : v <= v' -> D v <= D v'.
Proof.
  intro H. pose proof (sqrt_le_1_alt v v' H). destruct f; cbn [normaliser]; [|lra|apply sqrt_le_1_alt; lra].
  apply Rmax_lub; [|apply Rmax_r]. eapply Rle_trans; [eassumption|apply Rmax_l].
Qed.

(** D grows no faster than sqrt v. *)
Lemma normaliser_rise v v' : 0 <= v <= v' -> D v' <= D v + (sqrt v' - sqrt v).
Proof.
  intros [H0 H]. pose proof (sqrt_le_1_alt v v' H) as Hr. pose proof (sqrt_pos v) as R0. destruct f; cbn [normaliser].
  - apply Rmax_lub; [pose proof (Rmax_l (sqrt v) eps)|pose proof (Rmax_r (sqrt v) eps)]; lra.
  - lra.
  - set (r := sqrt v) in *. set (r' := sqrt v') in *.
    assert (Er : v = r ^ 2) by (unfold r; rewrite pow2_sqrt; lra). assert (Er' : v' = r' ^ 2) by (unfold r'; rewrite pow2_sqrt; lra).
    set (d := sqrt (v + eps ^ 2)).
    pose proof (pow2_ge_0 eps). assert (Ed : d ^ 2 = v + eps ^ 2) by (apply pow2_sqrt; lra).
    assert (Hd : r <= d) by (apply sqrt_le_1_alt; lra).
    apply sqrt_le_square; [lra|]. rewrite Er'. nra.
Qed.

Lemma normaliser_close v v' : 0 <= v -> 0 <= v' -> Rabs (D v - D v') <= Rabs (sqrt v - sqrt v').
Proof.
  intros H H'. assert (W : forall x x', 0 <= x -> 0 <= x' -> x <= x' -> Rabs (D x - D x') <= Rabs (sqrt x - sqrt x')).
  { intros x x' Hx Hx' L. pose proof (normaliser_mono x x' L). pose proof (normaliser_rise x x' (conj Hx L)).
    pose proof (sqrt_le_1_alt x x' L). rewrite (Rabs_minus_sym (sqrt x)), (Rabs_right (sqrt x' - sqrt x)) by lra.
    apply abs_bounds. lra. }
  destruct (Rle_dec v v') as [L|L]; [apply W; assumption|].
  rewrite (Rabs_minus_sym (D v)), (Rabs_minus_sym (sqrt v)). apply W; lra.
Qed.

Lemma normaliser_greatest v : 0 <= v -> D v <= sqrt v + eps.
Proof.
  intro Hv. pose proof (normaliser_rise 0 v (conj (Rle_refl 0) Hv)) as A. rewrite sqrt_0 in A.
  assert (E : D 0 = eps); [|lra]. destruct f; cbn [normaliser]; rewrite ?sqrt_0.
  - apply Rmax_right. lra.
  - ring.
  - rewrite Rplus_0_l. apply (sqrt_pow2 eps). lra.
Qed.

(** *** g / D(v) in both *)
Lemma quotient_close g g' v v' : 0 <= v -> 0 <= v' ->
  Rabs (g / D v - g' / D v') <= Rabs (g - g') * / eps + Rabs g * Rabs (sqrt v - sqrt v') * / eps ^ 2.
Proof.
  intros Hv Hv'. pose proof (normaliser_pos v Hv) as P. pose proof (normaliser_pos v' Hv') as P'.
  replace (g / D v - g' / D v') with ((g - g') * / D v' + g * (D v' - D v) * (/ D v * / D v')) by (field; lra).
  eapply Rle_trans; [apply Rabs_triang|]. rewrite !Rabs_mult, (Rabs_minus_sym (D v')).
  pose proof (normaliser_inverse v Hv) as I. pose proof (normaliser_inverse v' Hv') as I'.
  rewrite (Rabs_right (/ D v')), (Rabs_right (/ D v)) by lra. apply Rplus_le_compat.
  - apply Rmult_le_compat_l; [apply Rabs_pos|lra].
  - replace (/ eps ^ 2) with (/ eps * / eps) by (field; lra).
    apply Rmult_le_compat; [apply Rmult_le_pos; apply Rabs_pos|apply Rmult_le_pos; lra| |apply Rmult_le_compat; lra].
    apply Rmult_le_compat_l; [apply Rabs_pos|apply normaliser_close; assumption].
Qed.

Lemma quotient_bound g v B : 0 <= v -> Rabs g <= B -> Rabs (g / D v) <= B / eps.
Proof.
  intros Hv Hg. pose proof (normaliser_inverse v Hv) as I. unfold Rdiv. rewrite Rabs_mult, (Rabs_right (/ D v)) by lra.
  apply Rmult_le_compat; [apply Rabs_pos|lra|exact Hg|lra].
Qed.

(** *** z / D(b + c z^2) in z: odd, increasing, 1/eps-Lipschitz *)
Section Own.
Variables (b c : R).
Hypothesis Hb : 0 <= b.
Hypothesis Hc : 0 <= c.
Notation arg z := (b + c * z ^ 2).
Notation q z := (z / D (arg z)).

Lemma arg_nonneg z : 0 <= arg z.
Proof. pose proof (pow2_ge_0 z). nra. Qed.

Lemma own_odd z : q (- z) = - q z.
Proof. replace ((- z) ^ 2) with (z ^ 2) by ring. unfold Rdiv. ring. Qed.

Lemma root_ratio k z z' : 0 <= k -> 0 <= z' <= z -> z' * sqrt (k + c * z ^ 2) <= z * sqrt (k + c * z' ^ 2).
Proof.
  intros Hk [H0 H]. assert (A : forall x, 0 <= k + c * x ^ 2) by (intro x; pose proof (pow2_ge_0 x); nra).
  rewrite <- (sqrt_pow2 z') at 1 by exact H0. rewrite <- (sqrt_pow2 z) at 2 by lra.
  rewrite <- !sqrt_mult by (try apply pow2_ge_0; apply A). apply sqrt_le_1_alt. assert (z' ^ 2 <= z ^ 2) by (apply pow_incr; lra). nra.
Qed.

Lemma own_ratio z z' : 0 <= z' <= z -> z' * D (arg z) <= z * D (arg z').
Proof.
  intro H. pose proof (root_ratio b z z' Hb H) as A. destruct f; cbn [normaliser].
  - replace (z' * Rmax (sqrt (arg z)) eps) with (Rmax (z' * sqrt (arg z)) (z' * eps)) by (rewrite RmaxRmult by lra; reflexivity).
    apply Rmax_lub.
    + eapply Rle_trans; [exact A|]. apply Rmult_le_compat_l; [lra|apply Rmax_l].
    + apply Rmult_le_compat; try lra. apply Rmax_r.
  - nra.
  - pose proof (pow2_ge_0 eps). pose proof (root_ratio (b + eps ^ 2) z z' ltac:(lra) H) as A'.
    replace (b + c * z ^ 2 + eps ^ 2) with (b + eps ^ 2 + c * z ^ 2) by ring.
    replace (b + c * z' ^ 2 + eps ^ 2) with (b + eps ^ 2 + c * z' ^ 2) by ring. exact A'.
Qed.

Lemma own_increase z z' : 0 <= z' <= z -> 0 <= q z - q z' <= (z - z') * / eps.
Proof.
  intro H. pose proof (own_ratio z z' H) as R. pose proof (arg_nonneg z) as N. pose proof (arg_nonneg z') as N'.
  pose proof (normaliser_pos _ N) as P. pose proof (normaliser_pos _ N') as P'.
  pose proof (normaliser_inverse _ N') as I'.
  assert (Mo : D (arg z') <= D (arg z)).
  { apply normaliser_mono. assert (z' ^ 2 <= z ^ 2) by (apply pow_incr; lra). nra. }
  split.
  - apply Rmult_le_reg_r with (D (arg z) * D (arg z')); [apply Rmult_lt_0_compat; assumption|].
    replace ((q z - q z') * (D (arg z) * D (arg z'))) with (z * D (arg z') - z' * D (arg z)) by (field; lra). lra.
  - apply Rle_trans with ((z - z') * / D (arg z')); [|apply Rmult_le_compat_l; lra].
    assert (/ D (arg z) <= / D (arg z')) by (apply Rinv_le_contravar; assumption). unfold Rdiv. nra.
Qed.

Lemma own_lipschitz z z' : Rabs (q z - q z') <= Rabs (z - z') * / eps.
Proof.
  assert (I : 0 < / eps) by (apply Rinv_0_lt_compat, He).
  assert (W : forall x x', x' <= x -> Rabs (q x - q x') <= (x - x') * / eps).
  { intros x x' H. apply abs_bounds. assert (0 <= (x - x') * / eps) by (apply Rmult_le_pos; lra).
    destruct (Rle_dec 0 x') as [P|N]; [|destruct (Rle_dec 0 x) as [P|N']].
    - pose proof (own_increase x x' ltac:(lra)). lra.
    - pose proof (own_increase x 0 ltac:(lra)) as A. pose proof (own_increase (- x') 0 ltac:(lra)) as B. rewrite own_odd in B.
      replace (q 0) with 0 in A, B by (unfold Rdiv; ring). lra.
    - pose proof (own_increase (- x') (- x) ltac:(lra)) as B. rewrite !own_odd in B. lra. }
  destruct (Rle_dec z' z) as [L|L].
  - rewrite (Rabs_right (z - z')) by lra. apply W, L.
  - rewrite (Rabs_minus_sym (q z)), (Rabs_minus_sym z), (Rabs_right (z' - z)) by lra. apply W. lra.
Qed.

End Own.

(** *** 1/D(b + c h^2) - 1/D(b + c A^2): least at the least c, and there at an end of b's range *)
Definition gap (h A c b : R) : R := / D (b + c * h ^ 2) - / D (b + c * A ^ 2).

Lemma root_concave x x' d : 0 <= x <= x' -> 0 <= d -> sqrt (x' + d) - sqrt x' <= sqrt (x + d) - sqrt x.
Proof.
  intros Hx Hd. pose proof (sqrt_le_1_alt x x' ltac:(lra)) as A. pose proof (sqrt_le_1_alt (x + d) (x' + d) ltac:(lra)) as B.
  pose proof (sqrt_pos x) as P. pose proof (sqrt_le_1_alt x' (x' + d) ltac:(lra)) as Q.
  pose proof (sqrt_le_1_alt x (x + d) ltac:(lra)) as Q'.
  pose proof (pow2_sqrt x ltac:(lra)). pose proof (pow2_sqrt x' ltac:(lra)).
  pose proof (pow2_sqrt (x + d) ltac:(lra)). pose proof (pow2_sqrt (x' + d) ltac:(lra)).
  set (r := sqrt x) in *. set (r' := sqrt x') in *. set (s := sqrt (x + d)) in *. set (s' := sqrt (x' + d)) in *.
  destruct (Rle_dec (s' - r') (s - r)) as [L|L]; [exact L|exfalso]. nra.
Qed.

(** From P <= P' with a rise to Q <= Q' with a smaller one. *)
Lemma inverse_difference P P' Q Q' : 0 < P <= P' -> P <= Q <= Q' -> P' <= Q' -> Q' - Q <= P' - P -> / Q - / Q' <= / P - / P'.
Proof.
  intros HP HQ HPQ H. replace (/ Q - / Q') with ((Q' - Q) * (/ Q * / Q')) by (field; lra).
  replace (/ P - / P') with ((P' - P) * (/ P * / P')) by (field; lra).
  apply Rmult_le_compat; try lra.
  - apply Rmult_le_pos; left; apply Rinv_0_lt_compat; lra.
  - apply Rmult_le_compat; try (left; apply Rinv_0_lt_compat; lra); apply Rinv_le_contravar; lra.
Qed.

Theorem gap_least h A c0 c b last : 0 <= h <= A -> 0 <= c0 <= c -> 0 <= b -> b + c * h ^ 2 <= last + c0 * h ^ 2 ->
  Rmin (gap h A c0 0) (gap h A c0 last) <= gap h A c b.
Proof.
  intros HA Hc Hb Hx. assert (Sq : 0 <= h ^ 2 <= A ^ 2) by (split; [apply pow2_ge_0|apply pow_incr; lra]).
  set (d := c0 * (A ^ 2 - h ^ 2)). assert (Hd : 0 <= d) by (unfold d; nra).
  set (x := b + c * h ^ 2) in *. assert (X0 : 0 <= x) by (unfold x; nra). set (y := last + c0 * h ^ 2) in *.
  assert (Z : x + d <= b + c * A ^ 2) by (unfold x, d; nra).
  assert (Ey : last + c0 * A ^ 2 = y + d) by (unfold y, d; ring).
  assert (Low : / D x - / D (x + d) <= gap h A c b).
  { unfold gap. fold x. assert (/ D (b + c * A ^ 2) <= / D (x + d)); [|lra].
    apply Rinv_le_contravar; [apply normaliser_pos; lra|apply normaliser_mono, Z]. }
  assert (Smooth : f <> largest -> / D y - / D (y + d) <= / D x - / D (x + d)).
  { intro N. apply inverse_difference.
    - split; [apply normaliser_pos; lra|apply normaliser_mono; lra].
    - split; apply normaliser_mono; lra.
    - apply normaliser_mono; lra.
    - destruct f; cbn [normaliser]; [contradiction| |].
      + pose proof (root_concave x y d ltac:(lra) Hd). lra.
      + pose proof (pow2_ge_0 eps). pose proof (root_concave (x + eps ^ 2) (y + eps ^ 2) d ltac:(lra) Hd) as R.
        replace (x + d + eps ^ 2) with (x + eps ^ 2 + d) by ring. replace (y + d + eps ^ 2) with (y + eps ^ 2 + d) by ring. exact R. }
  assert (Last : gap h A c0 last = / D y - / D (y + d)) by (unfold gap; fold y; rewrite Ey; reflexivity).
  destruct f eqn:Ef; try (eapply Rle_trans; [apply Rmin_r|]; rewrite Last; eapply Rle_trans; [apply Smooth; discriminate|exact Low]).
  rewrite <- Ef in *. clear Smooth. destruct (Rle_dec (sqrt x) eps) as [Below|Above].
  - eapply Rle_trans; [apply Rmin_l|]. unfold gap. fold x. rewrite !Rplus_0_l.
    assert (E : D x = eps) by (rewrite Ef; cbn [normaliser]; apply Rmax_right; exact Below). rewrite E.
    assert (Hh : 0 <= c0 * h ^ 2) by nra. pose proof (normaliser_inverse _ Hh) as I.
    assert (/ D (b + c * A ^ 2) <= / D (c0 * A ^ 2)); [|lra].
    apply Rinv_le_contravar; [apply normaliser_pos; nra|apply normaliser_mono; nra].
  - eapply Rle_trans; [apply Rmin_r|]. rewrite Last. eapply Rle_trans; [|exact Low].
    assert (E : forall k, x <= k -> D k = sqrt k).
    { intros k Hk. rewrite Ef. cbn [normaliser]. apply Rmax_left. pose proof (sqrt_le_1_alt x k Hk). lra. }
    rewrite !E by lra. assert (P : 0 < sqrt x) by lra. apply inverse_difference.
    + split; [exact P|apply sqrt_le_1_alt; lra].
    + split; apply sqrt_le_1_alt; lra.
    + apply sqrt_le_1_alt; lra.
    + apply root_concave; lra.
Qed.

Corollary gap_at_the_ends h A c b last : 0 <= h <= A -> 0 <= c -> 0 <= b <= last ->
  Rmin (gap h A c 0) (gap h A c last) <= gap h A c b.
Proof. intros HA Hc Hb. apply gap_least; lra. Qed.

(** It vanishes only where both arguments are below eps^2 and the normaliser is the maximum. *)
Lemma gap_positive h A c b : 0 <= h < A -> 0 < c -> 0 <= b -> (f = largest -> eps ^ 2 < c * A ^ 2) -> 0 < gap h A c b.
Proof.
  intros Hh Hc Hb HL. assert (Sq : 0 <= h ^ 2 < A ^ 2) by nra. set (x := b + c * h ^ 2). set (z := b + c * A ^ 2).
  assert (Hx : 0 <= x) by (unfold x; nra). assert (Hz : x < z) by (unfold x, z; nra). unfold gap. fold x z.
  assert (L : D x < D z).
  { pose proof (sqrt_lt_1_alt x z (conj Hx Hz)). destruct f; cbn [normaliser]; [|lra|apply sqrt_lt_1_alt; pose proof (pow2_ge_0 eps); lra].
    apply Rlt_le_trans with (sqrt z); [|apply Rmax_l]. apply Rmax_lub_lt; [assumption|].
    rewrite <- (sqrt_pow2 eps) by lra. apply sqrt_lt_1_alt. pose proof (HL eq_refl). pose proof (pow2_ge_0 eps). unfold z. lra. }
  pose proof (normaliser_pos x Hx). pose proof (normaliser_pos z ltac:(lra)).
  assert (/ D z < / D x); [|lra]. apply Rinv_lt_contravar; [apply Rmult_lt_0_compat; assumption|exact L].
Qed.

End Normaliser.

(** *** The root of a second moment moves by no more than the gradients do. *)
Lemma moment_close_2 b2 v v' g g' d1 d2 : 0 <= b2 <= 1 -> 0 <= v -> 0 <= v' ->
  Rabs (sqrt v - sqrt v') <= d1 -> Rabs (g - g') <= d2 ->
  Rabs (sqrt (b2 * v + (1 - b2) * g ^ 2) - sqrt (b2 * v' + (1 - b2) * g' ^ 2)) <= sqrt (b2 * d1 ^ 2 + (1 - b2) * d2 ^ 2).
Proof.
  intros Hb Hv Hv' H1 H2. assert (Hd1 : 0 <= d1) by (pose proof (Rabs_pos (sqrt v - sqrt v')); lra).
  assert (Hd2 : 0 <= d2) by (pose proof (Rabs_pos (g - g')); lra). set (d := sqrt (b2 * d1 ^ 2 + (1 - b2) * d2 ^ 2)).
  assert (D0 : 0 <= d) by apply sqrt_pos. assert (Ed : d ^ 2 = b2 * d1 ^ 2 + (1 - b2) * d2 ^ 2).
  { apply pow2_sqrt. pose proof (pow2_ge_0 d1). pose proof (pow2_ge_0 d2). nra. }
  assert (W : forall x x' z z', 0 <= x -> 0 <= x' -> sqrt x <= sqrt x' + d1 -> Rabs z <= Rabs z' + d2 ->
    sqrt (b2 * x + (1 - b2) * z ^ 2) <= sqrt (b2 * x' + (1 - b2) * z' ^ 2) + d).
  { intros x x' z z' Hx Hx' A B. set (s := sqrt (b2 * x' + (1 - b2) * z' ^ 2)). pose proof (sqrt_pos (b2 * x' + (1 - b2) * z' ^ 2)) as S0.
    fold s in S0. pose proof (pow2_ge_0 z'). pose proof (pow2_ge_0 z).
    assert (Es : s ^ 2 = b2 * x' + (1 - b2) * z' ^ 2) by (apply pow2_sqrt; nra).
    apply sqrt_le_square; [lra|].
    pose proof (sqrt_pos x) as R0. pose proof (sqrt_pos x') as R0'. pose proof (Rabs_pos z) as Z0. pose proof (Rabs_pos z') as Z0'.
    pose proof (pow2_sqrt x Hx) as Ex. pose proof (pow2_sqrt x' Hx') as Ex'. pose proof (pow2_abs z) as Ez. pose proof (pow2_abs z') as Ez'.
    set (r := sqrt x) in *. set (r' := sqrt x') in *. set (a := Rabs z) in *. set (a' := Rabs z') in *.
    rewrite <- Ex, <- Ez. rewrite <- Ex', <- Ez' in Es.
    assert (M : b2 * r' * d1 + (1 - b2) * a' * d2 <= s * d).
    { apply Rsqr_incr_0_var; [|apply Rmult_le_pos; assumption]. unfold Rsqr.
      replace (s * d * (s * d)) with (s ^ 2 * d ^ 2) by ring. rewrite Es, Ed.
      assert (0 <= b2 * (1 - b2) * (r' * d2 - a' * d1) ^ 2) by (apply Rmult_le_pos; [apply Rmult_le_pos; lra|apply pow2_ge_0]). nra. }
    assert (A2 : r ^ 2 <= (r' + d1) ^ 2) by (apply pow_incr; lra). assert (B2 : a ^ 2 <= (a' + d2) ^ 2) by (apply pow_incr; lra).
    apply Rmult_le_compat_l with (r := b2) in A2; [|lra]. apply Rmult_le_compat_l with (r := 1 - b2) in B2; [|lra].
    replace ((s + d) ^ 2) with (s ^ 2 + d ^ 2 + 2 * (s * d)) by ring. rewrite Es, Ed. nra. }
  apply abs_bounds in H1. assert (T : Rabs g <= Rabs g' + d2 /\ Rabs g' <= Rabs g + d2).
  { revert H2. unfold Rabs. repeat destruct (Rcase_abs _); lra. }
  apply abs_bounds. pose proof (W v v' g g' Hv Hv' ltac:(lra) ltac:(lra)). pose proof (W v' v g' g Hv' Hv ltac:(lra) ltac:(lra)). lra.
Qed.

Corollary moment_close b2 v v' g g' d : 0 <= b2 <= 1 -> 0 <= v -> 0 <= v' ->
  Rabs (sqrt v - sqrt v') <= d -> Rabs (g - g') <= d ->
  Rabs (sqrt (b2 * v + (1 - b2) * g ^ 2) - sqrt (b2 * v' + (1 - b2) * g' ^ 2)) <= d.
Proof.
  intros Hb Hv Hv' H1 H2. assert (Hd : 0 <= d) by (pose proof (Rabs_pos (g - g')); lra).
  eapply Rle_trans; [apply (moment_close_2 b2 v v' g g' d d); assumption|].
  apply sqrt_le_square; [exact Hd|]. right. ring.
Qed.

(** A second moment stays between 0 and the square of the largest gradient. *)
Lemma moment_range b2 v g B : 0 <= b2 <= 1 -> 0 <= v <= B ^ 2 -> Rabs g <= B -> 0 <= b2 * v + (1 - b2) * g ^ 2 <= B ^ 2.
Proof.
  intros Hb Hv Hg. pose proof (pow2_ge_0 g). assert (g ^ 2 <= B ^ 2).
  { rewrite <- pow2_abs. apply pow_incr. pose proof (Rabs_pos g). lra. }
  nra.
Qed.
