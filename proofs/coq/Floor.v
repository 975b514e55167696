(** A floor under the average gradient: a method whose direction is biased at the
    minimiser cannot converge there.  What every method shares: the identity
    theta_T = theta_0 - alpha sum u_t read as a balance, the power means, the limit
    alpha -> 0, alpha T -> infinity, Huber's function, and confinement.  The methods
    themselves are in [FloorWithReplacement.v] and [FloorReshuffled.v]. *)
From Coq Require Import Reals Lra Psatz List.
From ADOPT Require Import FiniteSum Holder RealPowers Space.
Open Scope R_scope.

(** *** Sums over steps *)
Lemma nsum_add (u : nat -> R) m n : nsum u (m + n) = nsum u m + nsum (fun j => u (m + j)%nat) n.
Proof.
  induction n as [|n IH]; [rewrite Nat.add_0_r; simpl; ring|].
  rewrite Nat.add_succ_r. cbn [nsum]. rewrite IH. ring.
Qed.

Lemma expect_nsum {S : space} (F : nat -> S -> R) n :
  expect (fun w => nsum (fun j => F j w) n) = nsum (fun j => expect (F j)) n.
Proof. induction n as [|n IH]; cbn [nsum]; [apply expect_const|]. rewrite expect_plus, IH. reflexivity. Qed.

(** Terms of at least -W, and blocks of n from r on whose sums are not negative: the ends cost at most 2 n W. *)
Lemma nsum_blocks (u : nat -> R) (W : R) (n r T : nat) : (1 <= n)%nat -> (r <= n)%nat -> 0 <= W ->
  (forall t, (t < T)%nat -> - W <= u t) ->
  (forall q, (r + n * q + n <= T)%nat -> 0 <= nsum (fun i => u (r + n * q + i)%nat) n) ->
  - (2 * INR n * W) <= nsum u T.
Proof.
  intros Hn Hr HW Hu Hb. pose proof (le_INR _ _ Hr) as Rr. pose proof (pos_INR r) as P0.
  assert (Short : forall m k, (m + k <= T)%nat -> (k <= n)%nat -> - (INR n * W) <= nsum (fun j => u (m + j)%nat) k).
  { intros m k Hm Hk. apply Rle_trans with (nsum (fun _ => - W) k).
    - rewrite nsum_const. pose proof (le_INR _ _ Hk). pose proof (pos_INR k). nra.
    - apply nsum_le; intros j Hj. apply Hu. lia. }
  destruct (Nat.le_gt_cases T r) as [Hs|Hl].
  - pose proof (Short O T ltac:(lia) ltac:(lia)) as A. change (nsum (fun j => u (0 + j)%nat) T) with (nsum u T) in A.
    pose proof (pos_INR n). nra.
  - assert (Whole : forall q, (r + n * q <= T)%nat -> - (INR n * W) <= nsum u (r + n * q)).
    { induction q as [|q IH]; intro Hq.
      - rewrite Nat.mul_0_r, Nat.add_0_r. exact (Short O r ltac:(lia) Hr).
      - replace (r + n * Datatypes.S q)%nat with (r + n * q + n)%nat in * by lia. rewrite nsum_add.
        pose proof (IH ltac:(lia)). pose proof (Hb q Hq). lra. }
    set (q := ((T - r) / n)%nat). pose proof (Nat.div_mod (T - r) n ltac:(lia)) as E. fold q in E.
    pose proof (Nat.mod_upper_bound (T - r) n ltac:(lia)) as L.
    replace T with (r + n * q + (T - r) mod n)%nat at 1 by lia. rewrite nsum_add.
    pose proof (Whole q ltac:(lia)). pose proof (Short (r + n * q)%nat ((T - r) mod n) ltac:(lia) ltac:(lia)). lra.
Qed.

(** *** From a biased direction to a floor *)
Section Balance.
Context {S : space}.
Variables (theta u y : nat -> S -> R) (T : nat) (al side reach eta C e b : R).
Notation Sn := Datatypes.S.
Hypothesis HT : (1 <= T)%nat.
Hypothesis Hal : 0 < al.
Hypothesis Hside : side = 1 \/ side = -1.
Hypothesis start : forall w, theta O w = 1.
Hypothesis step : forall t w, theta (Sn t) w = theta t w - al * u (Sn t) w.
Hypothesis confined : forall w, Rabs (theta T w) <= reach.
(** side E u_t >= eta - C E|y_(t-1)| - e alpha, summed, up to b *)
Hypothesis biased : INR T * (eta - e * al) - b - C * sum_1_to (fun t => expect (fun w => Rabs (y (pred t) w))) T
  <= side * sum_1_to (fun t => expect (u t)) T.

Lemma travelled n : expect (theta n) = 1 - al * sum_1_to (fun t => expect (u t)) n.
Proof.
  unfold sum_1_to. induction n as [|n IH]; cbn [nsum].
  - rewrite (expect_ext _ (fun _ => 1)) by exact start. rewrite expect_const. ring.
  - rewrite (expect_ext _ (fun w => theta n w + (- al) * u (Sn n) w)) by (intro w; rewrite step; ring).
    rewrite expect_plus, expect_scal, IH. ring.
Qed.

Theorem floor_under_gradient :
  eta - e * al - b / INR T - (1 + reach) / (al * INR T)
  <= C * average (fun t => expect (fun w => Rabs (y (pred t) w))) T.
Proof.
  pose proof (INR_pos T HT) as PT. pose proof (travelled T) as D.
  assert (B : - reach <= expect (theta T) <= reach).
  { rewrite <- (expect_const (S := S) reach) at 2. rewrite <- (expect_const (S := S) (- reach)) at 1.
    split; apply expect_le; intro w; pose proof (Rabs_def2 _ _ (Rle_lt_trans _ _ (reach + 1) (confined w) ltac:(lra)));
      pose proof (confined w) as A; revert A; unfold Rabs; destruct (Rcase_abs _); lra. }
  unfold average. set (Y := sum_1_to (fun t => expect (fun w => Rabs (y (pred t) w))) T) in *.
  set (V := sum_1_to (fun t => expect (u t)) T) in *.
  assert (A : al * (side * V) <= 1 + reach) by (destruct Hside as [-> | ->]; lra).
  apply Rmult_le_reg_r with (al * INR T); [apply Rmult_lt_0_compat; lra|].
  replace ((eta - e * al - b / INR T - (1 + reach) / (al * INR T)) * (al * INR T))
    with (al * (INR T * (eta - e * al) - b) - (1 + reach)) by (field; lra).
  replace (C * (Y / INR T) * (al * INR T)) with (al * (C * Y)) by (field; lra).
  apply Rmult_le_compat_l with (r := al) in biased; [|lra]. lra.
Qed.

End Balance.

(** *** The measures: (E|y|^(4/3))^(3/2) and E y^2 average to at least the square of the average of E|y| *)
Lemma average_square (a : nat -> R) T : (1 <= T)%nat -> average a T ^ 2 <= average (fun t => a t ^ 2) T.
Proof.
  intro HT. pose proof (INR_pos T HT) as PT. set (m := average a T).
  apply Rmult_le_reg_r with (INR T); [exact PT|].
  replace (average (fun t => a t ^ 2) T * INR T) with (sum_1_to (fun t => a t ^ 2) T) by (unfold average; field; lra).
  assert (E : sum_1_to a T = m * INR T) by (unfold m, average; field; lra).
  apply Rle_trans with (sum_1_to (fun t => 2 * m * a t + - m ^ 2) T).
  - unfold sum_1_to in *. rewrite nsum_plus, nsum_scal, nsum_const, E. right. ring.
  - apply nsum_le; intros j _. pose proof (pow2_ge_0 (a (S j) - m)). lra.
Qed.

Lemma average_le (a c : nat -> R) T : (1 <= T)%nat -> (forall t, a t <= c t) -> average a T <= average c T.
Proof.
  intros HT H. pose proof (INR_pos T HT). unfold average, Rdiv. apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat; lra|].
  apply nsum_le; intros j _. apply H.
Qed.

Section PowerMeans.
Context {S : space}.

Lemma expect_square (X : S -> R) : expect X ^ 2 <= expect (fun w => X w ^ 2).
Proof.
  set (c := expect X).
  assert (H : 0 <= expect (fun w => X w ^ 2 + ((-2 * c) * X w + c ^ 2))).
  { apply expect_nonneg; intro w. replace (X w ^ 2 + (-2 * c * X w + c ^ 2)) with ((X w - c) ^ 2) by ring. apply pow2_ge_0. }
  rewrite !expect_plus, expect_scal, expect_const in H. fold c in H. lra.
Qed.

Lemma expect_power (X : S -> R) : (forall w, 0 <= X w) ->
  expect X ^ 2 <= rpow (expect (fun w => rpow (X w) (4 / 3))) (3 / 2).
Proof.
  intro HX. set (m := expect X). assert (Hm : 0 <= m) by (apply expect_nonneg, HX).
  destruct (Req_dec m 0) as [E|N].
  { rewrite E. replace (0 ^ 2) with 0 by ring. apply rpow_nonneg. }
  assert (Pm : 0 < m) by lra. set (q := rpow m (4 / 3)).
  assert (Pq : 0 < q) by (unfold q; rewrite rpow_Rpower by exact Pm; apply Rpower_pos).
  assert (K : q <= expect (fun w => rpow (X w) (4 / 3))).
  { assert (P : forall w, q * (4 / 3 * (X w * / m) - / 3) <= rpow (X w) (4 / 3)).
    { intro w. assert (Hz : 0 <= X w * / m) by (apply Rmult_le_pos; [apply HX|left; apply Rinv_0_lt_compat, Pm]).
      pose proof (power_above (X w * / m) (4 / 3) Hz ltac:(lra)) as A.
      replace (rpow (X w) (4 / 3)) with (q * rpow (X w * / m) (4 / 3)); [nra|].
      unfold q. rewrite <- rpow_mult by lra. f_equal. field. lra. }
    eapply Rle_trans; [|apply (expect_le S _ _ P)].
    rewrite (expect_ext _ (fun w => q * (4 / 3) * / m * X w + - (q * / 3))) by (intro; ring).
    rewrite expect_plus, expect_scal, expect_const. fold m. right. field. lra. }
  apply Rle_trans with (rpow q (3 / 2)); [|apply rpow_le; lra].
  unfold q. rewrite rpow_rpow. replace (4 / 3 * (3 / 2)) with (INR 2) by (simpl; field).
  rewrite rpow_nat by (assumption || discriminate). lra.
Qed.

Variables (y : nat -> S -> R) (T : nat).
Hypothesis HT : (1 <= T)%nat.

Theorem average_power_mean : average (fun t => expect (fun w => Rabs (y (pred t) w))) T ^ 2
  <= average (fun t => rpow (expect (fun w => rpow (Rabs (y (pred t) w)) (4 / 3))) (3 / 2)) T.
Proof.
  eapply Rle_trans; [apply average_square, HT|]. apply average_le; [exact HT|]. intro t.
  apply (expect_power (fun w => Rabs (y (pred t) w))). intro w. apply Rabs_pos.
Qed.

Theorem average_mean_square : average (fun t => expect (fun w => Rabs (y (pred t) w))) T ^ 2
  <= average (fun t => expect (fun w => y (pred t) w ^ 2)) T.
Proof.
  eapply Rle_trans; [apply average_square, HT|]. apply average_le; [exact HT|]. intro t.
  eapply Rle_trans; [apply expect_square|]. right. apply expect_ext; intro w. apply pow2_abs.
Qed.

End PowerMeans.

(** *** alpha -> 0 and alpha T -> infinity: the floor tends to eta / C, and no rate holds *)
Section Limit.
Variables (al floor : nat -> R) (eta C e b r u : R).
Hypothesis Heta : 0 < eta.
Hypothesis HC : 0 < C.
Hypothesis Hal : forall T, (1 <= T)%nat -> 0 < al T.
Hypothesis vanishing : Un_cv al 0.
Hypothesis enough : Un_cv (fun T => / (al T * INR T)) 0.
(** the reach is r + u alpha *)
Hypothesis Hfloor : forall T, (1 <= T)%nat ->
  eta - e * al T - b / INR T - (1 + (r + u * al T)) / (al T * INR T) <= C * floor T.

Theorem floor_limit d : 0 < d -> exists N, forall T, (N <= T)%nat -> eta / C - d <= floor T.
Proof.
  intro Hd. set (q := fun T => / (al T * INR T)).
  assert (L : Un_cv (fun T => (e * al T + (b + u) * (al T * q T)) + (1 + r) * q T) (e * 0 + (b + u) * (0 * 0) + (1 + r) * 0)).
  { assert (K : forall c, Un_cv (fun _ : nat => c) c).
    { intros c x Hx. exists O. intros n _. unfold R_dist. rewrite Rminus_diag_eq by reflexivity. rewrite Rabs_R0. exact Hx. }
    pose proof (CV_mult _ _ _ _ vanishing enough) as VE.
    exact (CV_plus _ _ _ _ (CV_plus _ _ _ _ (CV_mult _ _ _ _ (K e) vanishing) (CV_mult _ _ _ _ (K (b + u)) VE))
      (CV_mult _ _ _ _ (K (1 + r)) enough)). }
  destruct (L (C * d)) as [N HN]; [apply Rmult_lt_0_compat; lra|]. exists (S N). intros T HT.
  specialize (HN T ltac:(lia)). unfold R_dist in HN. apply Rabs_def2 in HN.
  assert (T1 : (1 <= T)%nat) by lia. pose proof (Hal T T1) as PA. pose proof (INR_pos T T1) as PT. pose proof (Hfloor T T1) as F.
  replace (e * al T + b / INR T + (1 + (r + u * al T)) / (al T * INR T))
    with (e * al T + (b + u) * (al T * q T) + (1 + r) * q T) in F by (unfold q; field; lra).
  apply Rmult_le_reg_l with C; [exact HC|]. replace (C * (eta / C - d)) with (eta - C * d) by (field; lra).
  replace (eta - e * al T - b / INR T - (1 + (r + u * al T)) / (al T * INR T))
    with (eta - (e * al T + (b + u) * (al T * q T) + (1 + r) * q T)) in F by (unfold q; field; lra).
  lra.
Qed.

(** A measure that is at least a multiple of the floor's square is not O(1/T^rate). *)
Theorem floor_excludes_rates (measure : nat -> R) (k rate c : R) : 0 < k -> 0 < rate ->
  (forall T, (1 <= T)%nat -> k * floor T ^ 2 <= measure T) ->
  ~ (exists N, forall T, (N <= T)%nat -> measure T <= c * Rpower (INR T) (- rate)).
Proof.
  intros Hk Hr Hm [N HN]. assert (Pd : 0 < eta / C) by (apply Rdiv_lt_0_compat; lra).
  set (d := eta / C / 2). assert (Pd2 : 0 < d) by (unfold d; lra).
  destruct (floor_limit d Pd2) as [N' HN']. set (c' := Rmax c 1). assert (Pc : 1 <= c') by apply Rmax_r.
  set (x := Rpower (c' / (k * d ^ 2)) (/ rate)).
  assert (Pd3 : 0 < d ^ 2) by (apply pow_lt, Pd2).
  assert (Pk : 0 < k * d ^ 2) by (apply Rmult_lt_0_compat; lra).
  assert (Pq : 0 < c' / (k * d ^ 2)) by (apply Rdiv_lt_0_compat; lra).
  destruct (archimed x) as [Ha _]. set (T := (S N + S N' + Z.to_nat (Z.max 0 (Rdefinitions.up x)))%nat).
  assert (Hx : x < INR T).
  { eapply Rlt_le_trans; [exact Ha|]. rewrite INR_IZR_INZ. apply IZR_le. unfold T. lia. }
  assert (Px : 0 < x) by apply Rpower_pos.
  assert (T1 : (1 <= T)%nat) by (unfold T; lia).
  pose proof (HN T ltac:(unfold T; lia)) as A. pose proof (HN' T ltac:(unfold T; lia)) as B. pose proof (Hm T T1) as D.
  assert (E : d ^ 2 <= floor T ^ 2) by (apply pow_incr; replace (eta / C - d) with d in B by (unfold d; field; lra); lra).
  assert (F : Rpower (INR T) (- rate) < k * d ^ 2 / c').
  { replace (k * d ^ 2 / c') with (Rpower x (- rate)).
    - rewrite !Rpower_Ropp. apply Rinv_lt_contravar; [apply Rmult_lt_0_compat; apply Rpower_pos|].
      apply Rlt_Rpower_l; lra.
    - unfold x. rewrite Rpower_mult. replace (/ rate * - rate) with (- (1)) by (field; lra).
      rewrite Rpower_Ropp, Rpower_1 by exact Pq. field. repeat split; lra. }
  pose proof (Rpower_pos (INR T) (- rate)) as PR.
  assert (G : c * Rpower (INR T) (- rate) <= c' * Rpower (INR T) (- rate)) by (apply Rmult_le_compat_r; [lra|apply Rmax_l]).
  apply Rmult_lt_compat_l with (r := c') in F; [|lra]. replace (c' * (k * d ^ 2 / c')) with (k * d ^ 2) in F by (field; lra).
  apply Rmult_le_compat_l with (r := k) in E; lra.
Qed.

End Limit.

(** The schedules: alpha_T = a T^(-p) with 0 < p < 1. *)
Lemma power_vanishes a p : 0 < a -> 0 < p -> Un_cv (fun T => a * Rpower (INR T) (- p)) 0.
Proof.
  intros Ha Hp x Hx. set (z := Rpower (a / x) (/ p)). destruct (archimed z) as [Hz _].
  exists (S (Z.to_nat (Z.max 0 (Rdefinitions.up z)))). intros T HT.
  assert (Pz : 0 < z) by apply Rpower_pos. assert (Pq : 0 < a / x) by (apply Rdiv_lt_0_compat; lra).
  assert (Hz' : z < INR T).
  { eapply Rlt_le_trans; [exact Hz|]. rewrite INR_IZR_INZ. apply IZR_le. lia. }
  assert (F : Rpower (INR T) (- p) < x / a).
  { replace (x / a) with (Rpower z (- p)).
    - rewrite !Rpower_Ropp. apply Rinv_lt_contravar; [apply Rmult_lt_0_compat; apply Rpower_pos|].
      apply Rlt_Rpower_l; lra.
    - unfold z. rewrite Rpower_mult. replace (/ p * - p) with (- (1)) by (field; lra).
      rewrite Rpower_Ropp, Rpower_1 by exact Pq. field. lra. }
  pose proof (Rpower_pos (INR T) (- p)). unfold R_dist.
  rewrite Rminus_0_r, Rabs_right by (apply Rle_ge, Rmult_le_pos; lra).
  apply Rmult_lt_compat_l with (r := a) in F; [|lra]. replace (a * (x / a)) with x in F by (field; lra). exact F.
Qed.

Lemma power_enough a p : 0 < a -> p < 1 -> Un_cv (fun T => / (a * Rpower (INR T) (- p) * INR T)) 0.
Proof.
  intros Ha Hp. assert (L : Un_cv (fun T => / a * Rpower (INR T) (- (1 - p))) 0).
  { apply power_vanishes; [apply Rinv_0_lt_compat, Ha|lra]. }
  intros x Hx. destruct (L x Hx) as [N HN]. exists (S N). intros T HT. specialize (HN T ltac:(lia)).
  assert (PT : 0 < INR T) by (apply lt_0_INR; lia).
  replace (/ (a * Rpower (INR T) (- p) * INR T)) with (/ a * Rpower (INR T) (- (1 - p))); [exact HN|].
  replace (- (1 - p)) with (p + - (1)) by ring. rewrite Rpower_plus, !Rpower_Ropp, Rpower_1 by exact PT.
  pose proof (Rpower_pos (INR T) p). field. repeat split; lra.
Qed.

(** *** Huber's function with threshold M *)
Definition huber (M x : R) : R := if Rle_dec (Rabs x) M then x ^ 2 / 2 else M * Rabs x - M ^ 2 / 2.
Definition slope (M x : R) : R := Rmax (- M) (Rmin M x).

Ltac slopes := unfold slope, Rmax, Rmin, Rabs; repeat destruct (Rle_dec _ _); repeat destruct (Rcase_abs _).

Lemma slope_bound M x : 0 <= M -> Rabs (slope M x) <= M.
Proof. intro HM. slopes; lra. Qed.

Lemma slope_lipschitz M x z : 0 <= M -> Rabs (slope M x - slope M z) <= Rabs (x - z).
Proof. intro HM. slopes; lra. Qed.

Lemma huber_cases M x : 0 <= M -> (M <= x /\ slope M x = M /\ huber M x = M * x - M ^ 2 / 2)
  \/ (- M <= x <= M /\ slope M x = x /\ huber M x = x ^ 2 / 2)
  \/ (x <= - M /\ slope M x = - M /\ huber M x = - (M * x) - M ^ 2 / 2).
Proof.
  intro HM. destruct (Rle_dec (Rabs x) M) as [I|O].
  - right. left. assert (B : - M <= x <= M) by (revert I; unfold Rabs; destruct (Rcase_abs x); lra).
    split; [exact B|]. unfold huber. destruct (Rle_dec (Rabs x) M); [|contradiction]. slopes; lra.
  - assert (B : M < x \/ x < - M) by (revert O; unfold Rabs; destruct (Rcase_abs x); lra).
    unfold huber. destruct (Rle_dec (Rabs x) M); [contradiction|].
    destruct B as [B|B]; [left|right; right]; (split; [lra|]); slopes; lra.
Qed.

(** The tangent lies below, by at most half the square: [slope] is the derivative, f is
    convex and 1-smooth, and its minimum is f(0) = 0. *)
Theorem huber_tangent M x z : 0 <= M -> 0 <= huber M z - huber M x - slope M x * (z - x) <= (z - x) ^ 2 / 2.
Proof.
  intro HM. pose proof (pow2_ge_0 (z - x)). pose proof (pow2_ge_0 (z - M)). pose proof (pow2_ge_0 (z + M)).
  pose proof (pow2_ge_0 (x - M)). pose proof (pow2_ge_0 (x + M)).
  destruct (huber_cases M x HM) as [[Hx [-> ->]]|[[Hx [-> ->]]|[Hx [-> ->]]]];
    destruct (huber_cases M z HM) as [[Hz [_ ->]]|[[Hz [_ ->]]|[Hz [_ ->]]]]; split; nra.
Qed.

Lemma huber_minimum M : 0 <= M -> huber M 0 = 0.
Proof. intro HM. unfold huber. destruct (Rle_dec _ _) as [_|N]; [field|]. rewrite Rabs_R0 in N. contradiction. Qed.

(** Polyak-Lojasiewicz where |x| <= reach *)
Theorem huber_polyak_lojasiewicz M reach x : 0 < M -> M <= reach -> Rabs x <= reach ->
  2 * (M / (2 * (2 * reach - M))) * huber M x <= slope M x ^ 2.
Proof.
  intros HM HR Hx. assert (P : 0 < 2 * reach - M) by lra.
  apply Rmult_le_reg_r with (2 * reach - M); [exact P|].
  replace (2 * (M / (2 * (2 * reach - M))) * huber M x * (2 * reach - M)) with (M * huber M x) by (field; lra).
  assert (B : - reach <= x <= reach) by (revert Hx; unfold Rabs; destruct (Rcase_abs x); lra).
  destruct (huber_cases M x ltac:(lra)) as [[Bx [-> ->]]|[[Bx [-> ->]]|[Bx [-> ->]]]]; nra.
Qed.

(** *** Confinement: beyond M every input points back with size s or more; after K steps
    the moving average does too. *)
Section Confinement.
Variables (M al L U s b1 : R) (K : nat).
Hypothesis Hal : 0 < al.
Hypothesis HL : 0 <= L.
Hypothesis HU : 0 <= U.
Hypothesis Hs : 0 < s.
Hypothesis Hb : 0 <= b1 < 1.
Hypothesis patience : b1 ^ K * (L + s) <= s.

Lemma back_above (theta m u a : nat -> R) : theta O <= M -> m O = 0 ->
  (forall t, theta (S t) = theta t - al * u (S t)) ->
  (forall t, m (S t) = b1 * m t + (1 - b1) * a (S t)) ->
  (forall t, Rabs (u (S t)) <= U) -> (forall t, 0 <= m (S t) -> 0 <= u (S t)) ->
  (forall t, - L <= a (S t)) -> (forall t, M < theta t -> s <= a (S t)) ->
  forall t, theta t <= M + INR (S K) * (al * U).
Proof.
  intros H0 M0 Ht Hm Hu Hsign Ha Hback.
  assert (PU : 0 <= al * U) by (apply Rmult_le_pos; lra).
  assert (Low : forall t, - L <= m t).
  { induction t as [|t IH]; [rewrite M0; lra|]. rewrite Hm. pose proof (Ha t). nra. }
  assert (Decay : forall j k, (j <= k)%nat -> b1 ^ k <= b1 ^ j).
  { intros j k Hjk. replace k with (j + (k - j))%nat by lia. rewrite pow_add.
    assert (0 <= b1 ^ j) by (apply pow_le; lra).
    assert (b1 ^ (k - j) <= 1) by (rewrite <- (pow1 (k - j)); apply pow_incr; lra). nra. }
  assert (Up : forall t, theta (S t) <= theta t + al * U).
  { intro t. rewrite Ht. pose proof (Hu t) as A. assert (- U <= u (S t)) by (revert A; unfold Rabs; destruct (Rcase_abs _); lra). nra. }
  (* k steps after theta rose above M, the last of them included *)
  assert (Inv : forall t, theta t <= M \/ exists k, theta t <= M + INR (S (Nat.min k K)) * (al * U)
    /\ s - b1 ^ k * (L + s) <= m t).
  { induction t as [|t IH]; [left; exact H0|]. destruct (Rle_dec (theta t) M) as [In|Out].
    - right. exists O. split; [pose proof (Up t); simpl INR; lra|]. simpl pow. pose proof (Low (S t)). lra.
    - destruct IH as [IH|[k [I1 I2]]]; [contradiction|].
      assert (J : s - b1 ^ S k * (L + s) <= m (S t)).
      { rewrite Hm. simpl pow. pose proof (Hback t ltac:(lra)). nra. }
      right. exists (S k). split; [|exact J].
      destruct (Nat.le_gt_cases K (S k)) as [Long|Short].
      + assert (Pm : 0 <= m (S t)). { pose proof (Decay K (S k) Long). assert (0 < L + s) by lra. nra. }
        apply Rle_trans with (theta t).
        * rewrite Ht. pose proof (Hsign t Pm). assert (0 <= al * u (S t)) by (apply Rmult_le_pos; lra). lra.
        * eapply Rle_trans; [exact I1|]. apply Rplus_le_compat_l, Rmult_le_compat_r; [exact PU|]. apply le_INR. lia.
      + replace (Nat.min (S k) K) with (S (Nat.min k K)) by lia. rewrite S_INR. pose proof (Up t). lra. }
  intro t. destruct (Inv t) as [I|[k [I _]]].
  - assert (0 <= INR (S K) * (al * U)) by (apply Rmult_le_pos; [apply pos_INR|exact PU]). lra.
  - eapply Rle_trans; [exact I|]. apply Rplus_le_compat_l, Rmult_le_compat_r; [exact PU|]. apply le_INR. lia.
Qed.

Theorem confinement (theta m u a : nat -> R) : Rabs (theta O) <= M -> m O = 0 ->
  (forall t, theta (S t) = theta t - al * u (S t)) ->
  (forall t, m (S t) = b1 * m t + (1 - b1) * a (S t)) ->
  (forall t, Rabs (u (S t)) <= U) -> (forall t, 0 <= m (S t) -> 0 <= u (S t)) -> (forall t, m (S t) <= 0 -> u (S t) <= 0) ->
  (forall t, Rabs (a (S t)) <= L) ->
  (forall t, M < theta t -> s <= a (S t)) -> (forall t, theta t < - M -> a (S t) <= - s) ->
  forall t, Rabs (theta t) <= M + INR (S K) * (al * U).
Proof.
  intros H0 M0 Ht Hm Hu Hp Hn Ha Hup Hdown t.
  assert (B : forall x c, Rabs x <= c -> - c <= x <= c) by (intros x c; unfold Rabs; destruct (Rcase_abs x); lra).
  assert (A1 : theta t <= M + INR (S K) * (al * U)).
  { apply (back_above theta m u a); try assumption; [destruct (B _ _ H0); assumption|]. intro n. destruct (B _ _ (Ha n)). lra. }
  assert (A2 : - theta t <= M + INR (S K) * (al * U)).
  { apply (back_above (fun n => - theta n) (fun n => - m n) (fun n => - u n) (fun n => - a n)).
    - destruct (B _ _ H0). lra.
    - rewrite M0. ring.
    - intro n. rewrite Ht. ring.
    - intro n. rewrite Hm. ring.
    - intro n. rewrite Rabs_Ropp. apply Hu.
    - intros n H. pose proof (Hn n ltac:(lra)). lra.
    - intro n. destruct (B _ _ (Ha n)). lra.
    - intros n H. pose proof (Hdown n ltac:(lra)). lra. }
  unfold Rabs. destruct (Rcase_abs _); lra.
Qed.

End Confinement.
