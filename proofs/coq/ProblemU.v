(** Problem U: f_1 = (theta+2)^2/2, f_2 = f_3 = (theta-1)^2/2, a smooth, strongly
    convex sum 3 theta^2/2 + 3 with minimiser 0.  At the minimiser a component
    drawn at random has the gradient 2 with probability 1/3, else -1.

    RMSprop and Adam with replacement, every beta1, beta2 in [0, 1) and eps: with
    theta held at the minimiser, the mean update is not 0, so the minimiser is no
    resting point.  ADOPT without replacement, fixed order, beta2 in [0, 1), eps <= 1:
    the drift over an epoch of the stationary v is positive there. *)
From Coq Require Import Reals Lra Psatz List.
From ADOPT Require Import FiniteSum WithoutReplacement.
Open Scope R_scope.

Definition f_1 (x : R) : R := (x + 2) ^ 2 / 2.
Definition f_2 (x : R) : R := (x - 1) ^ 2 / 2.

Lemma minimiser x : f_1 0 + f_2 0 + f_2 0 <= f_1 x + f_2 x + f_2 x.
Proof. unfold f_1, f_2. pose proof (pow2_ge_0 x). lra. Qed.

Lemma gradients_at_minimiser : derivable_pt_lim f_1 0 2 /\ derivable_pt_lim f_2 0 (-1).
Proof.
  assert (Q : forall a (e : R), 0 < e -> forall h, h <> 0 -> Rabs h < e ->
    Rabs (((0 + h + a) ^ 2 / 2 - (0 + a) ^ 2 / 2) / h - a) < e).
  { intros a e He h Hh Hhe. replace (((0 + h + a) ^ 2 / 2 - (0 + a) ^ 2 / 2) / h - a) with (h / 2) by (field; exact Hh).
    unfold Rdiv. rewrite Rabs_mult, (Rabs_right (/ 2)) by lra. pose proof (Rabs_pos h). lra. }
  split; intros e He; exists (mkposreal e He); intros h Hh Hhe; simpl in Hhe.
  - exact (Q 2 e He h Hh Hhe).
  - exact (Q (-1) e He h Hh Hhe).
Qed.

Section WithReplacement.
Variables (b1 b2 eps : R).
Hypothesis Hb1 : 0 <= b1 < 1.
Hypothesis Hb2 : 0 <= b2 < 1.

(** The mean over the next gradient xi of F(xi). *)
Definition mean (F : R -> R) : R := / 3 * F 2 + 2 / 3 * F (-1).

(** E[m_t / sqrt (v_t + eps^2)] after t more draws from (m, v):
    m' = beta1 m + (1 - beta1) xi, v' = beta2 v + (1 - beta2) xi^2. *)
Fixpoint drift (t : nat) (m v : R) : R :=
  match t with
  | O => m / sqrt (v + eps ^ 2)
  | S t' => mean (fun xi => drift t' (b1 * m + (1 - b1) * xi) (b2 * v + (1 - b2) * xi ^ 2))
  end.

(** E[1 / sqrt (v_t + eps^2)] after t more draws. *)
Fixpoint scale (t : nat) (v : R) : R :=
  match t with
  | O => / sqrt (v + eps ^ 2)
  | S t' => mean (fun xi => scale t' (b2 * v + (1 - b2) * xi ^ 2))
  end.

Lemma scale_decreasing t : forall v v', 0 < v -> v <= v' -> scale t v' <= scale t v.
Proof.
  induction t as [|t IH]; intros v v' Hv H.
  - pose proof (pow2_ge_0 eps). simpl. apply Rinv_le_contravar; [apply sqrt_lt_R0; simpl in *; lra|]. apply sqrt_le_1_alt. lra.
  - cbn [scale]. unfold mean.
    assert (A : forall x, 1 <= x -> scale t (b2 * v' + (1 - b2) * x) <= scale t (b2 * v + (1 - b2) * x)).
    { intros x Hx. apply IH; [|nra]. assert (0 <= b2 * v) by (apply Rmult_le_pos; lra).
      assert (0 < (1 - b2) * x) by (apply Rmult_lt_0_compat; lra). lra. }
    pose proof (A (2 ^ 2) ltac:(lra)). pose proof (A ((-1) ^ 2) ltac:(lra)). lra.
Qed.

(** The drift is affine in the momentum. *)
Lemma drift_momentum t : forall m v, drift t m v = b1 ^ t * m * scale t v + drift t 0 v.
Proof.
  induction t as [|t IH]; intros m v; [simpl; unfold Rdiv; ring|].
  cbn [drift scale]. unfold mean.
  rewrite (IH (b1 * m + (1 - b1) * 2)), (IH (b1 * m + (1 - b1) * -1)), (IH (b1 * 0 + (1 - b1) * 2)), (IH (b1 * 0 + (1 - b1) * -1)).
  simpl pow. ring.
Qed.

Theorem adam_moves_off_the_minimiser t : forall v, 0 <= v -> drift (S t) 0 v < 0.
Proof.
  induction t as [|t IH]; intros v Hv.
  - cbn [drift]. unfold mean. pose proof (pow2_ge_0 eps) as He.
    assert (P1 : 0 <= b2 * v) by (apply Rmult_le_pos; lra).
    set (x := b2 * v + (1 - b2) * (-1) ^ 2 + eps ^ 2). set (y := b2 * v + (1 - b2) * 2 ^ 2 + eps ^ 2).
    assert (Px : 0 < x) by (unfold x; simpl in *; lra). assert (Hxy : x < y) by (unfold x, y; simpl; lra).
    assert (I : / sqrt y < / sqrt x).
    { apply Rinv_lt_contravar; [apply Rmult_lt_0_compat; apply sqrt_lt_R0; lra|apply sqrt_lt_1_alt; lra]. }
    unfold Rdiv. assert (0 < (1 - b1) * (/ sqrt x - / sqrt y)) by (apply Rmult_lt_0_compat; lra). lra.
  - change (drift (S (S t)) 0 v) with (mean (fun xi => drift (S t) (b1 * 0 + (1 - b1) * xi) (b2 * v + (1 - b2) * xi ^ 2))).
    unfold mean. rewrite (drift_momentum (S t) (b1 * 0 + (1 - b1) * 2)), (drift_momentum (S t) (b1 * 0 + (1 - b1) * -1)).
    assert (P1 : 0 <= b2 * v) by (apply Rmult_le_pos; lra).
    pose proof (IH (b2 * v + (1 - b2) * 2 ^ 2) ltac:(lra)) as A. pose proof (IH (b2 * v + (1 - b2) * (-1) ^ 2) ltac:(lra)) as B.
    pose proof (scale_decreasing (S t) (b2 * v + (1 - b2) * (-1) ^ 2) (b2 * v + (1 - b2) * 2 ^ 2) ltac:(lra) ltac:(lra)) as C.
    set (c := b1 ^ S t). assert (Hc : 0 <= c) by (apply pow_le; lra).
    set (u := scale (S t) (b2 * v + (1 - b2) * 2 ^ 2)) in *. set (w := scale (S t) (b2 * v + (1 - b2) * (-1) ^ 2)) in *.
    assert (0 <= c * (1 - b1) * (w - u)) by (apply Rmult_le_pos; [apply Rmult_le_pos; lra|lra]). lra.
Qed.

End WithReplacement.

(** RMSprop is beta1 = 0; ADOPT's update with replacement is unbiased there, E xi = 0. *)
Corollary rmsprop_moves_off_the_minimiser b2 eps t v : 0 <= b2 < 1 -> 0 <= v -> drift 0 b2 eps (S t) 0 v < 0.
Proof. intros Hb Hv. apply adam_moves_off_the_minimiser; lra. Qed.

Lemma adopt_rests_at_the_minimiser : mean (fun xi => xi) = 0.
Proof. unfold mean. lra. Qed.

(** Without replacement the gradients at the minimiser are those of
    [WithoutReplacement.v] with n = 3 and C = n - 1 = 2: the strict inequality. *)
Theorem adopt_without_replacement_moves_off_the_minimiser b : 0 <= b < 1 -> 0 < cycle_drift 3 b 2.
Proof.
  intro Hb.
  assert (P : 0 <= b ^ 2 < 1) by nra. assert (P3 : b ^ 3 < 1) by (replace (b ^ 3) with (b * b ^ 2) by ring; nra).
  set (X := excess 3 b 2).
  assert (HX : 0 < X) by (unfold X, excess; apply Rdiv_lt_0_compat; [apply Rmult_lt_0_compat; lra|lra]).
  eapply Rlt_le_trans; [|apply (drift_lower 3 b 2 (le_n 3) Hb); fold X; lra]. fold X.
  assert (E : v_before_up 3 b 2 = 1 + b ^ 2 * X) by reflexivity. rewrite E.
  assert (L : 1 + b ^ 2 * X < 1 + X) by nra. assert (P0 : 0 < 1 + b ^ 2 * X) by nra.
  replace (2 - INR 3 + 2) with 1 by (simpl; ring). unfold Rdiv. rewrite Rmult_1_l.
  assert (/ sqrt (1 + X) < / sqrt (1 + b ^ 2 * X)); [|lra].
  apply Rinv_lt_contravar; [apply Rmult_lt_0_compat; apply sqrt_lt_R0; lra|apply sqrt_lt_1_alt; lra].
Qed.

(** *** The wrong limits of ADOPT without replacement at beta2 = 0
    With theta held still, v_(t-1) = g_(t-1)^2.  The drift over an epoch is 0 at one point
    only, and pushes towards it from both sides (theta moves by -alpha times the drift). *)
Section Limits.
Variables (eps theta : R).
Hypothesis He : eps <= / 2.
Hypothesis Ht : - / 2 <= theta <= / 2.

Definition first_gradient : R := theta + 2.
Definition other_gradient : R := theta - 1.
Definition ratio : R := (theta + 2) / (1 - theta).

Lemma normaliser_first : Rmax (Rabs first_gradient) eps = theta + 2.
Proof. unfold first_gradient. rewrite Rabs_right, Rmax_left; lra. Qed.
Lemma normaliser_other : Rmax (Rabs other_gradient) eps = 1 - theta.
Proof. unfold other_gradient. rewrite Rabs_left, Rmax_left; lra. Qed.
Lemma ratio_pos : 0 < ratio.
Proof. apply Rdiv_lt_0_compat; lra. Qed.

(** Fixed order f_1, f_2, f_3, over and over. *)
Definition fixed_order_drift : R := drift_after eps other_gradient (first_gradient :: other_gradient :: other_gradient :: nil).
(** A new order each epoch: six orders, and three components that may have ended the epoch before. *)
Definition reshuffled_drift : R :=
  lsum (first_gradient :: other_gradient :: other_gradient :: nil) (fun last => / 3 *
    lsum (orders first_gradient other_gradient other_gradient) (fun epoch => / 6 * drift_after eps last epoch)).

Lemma fixed_order_value : fixed_order_drift = ratio - / ratio - 1.
Proof.
  unfold fixed_order_drift. simpl. rewrite !normaliser_first, !normaliser_other.
  unfold ratio, first_gradient, other_gradient. field. lra.
Qed.

Lemma reshuffled_value : reshuffled_drift = 8 / 9 * (ratio - / ratio) - 1.
Proof.
  unfold reshuffled_drift, orders. simpl. rewrite !normaliser_first, !normaliser_other.
  unfold ratio, first_gradient, other_gradient. field. lra.
Qed.

(** x - 1/x - c vanishes at one x > 0 and increases; theta = (x - 2) / (1 + x) there. *)
Lemma one_rest c : 0 < c -> let x := (c + sqrt (c ^ 2 + 4)) / 2 in let rest := (x - 2) / (1 + x) in
  0 < x /\ (theta = rest -> ratio - / ratio - c = 0) /\ (theta <> rest -> 0 < (theta - rest) * (ratio - / ratio - c)).
Proof.
  intros Hc x rest. set (q := sqrt (c ^ 2 + 4)) in *. pose proof (pow2_ge_0 c).
  assert (Hq : 0 < q) by (apply sqrt_lt_R0; lra). assert (Eq : q ^ 2 = c ^ 2 + 4) by (apply pow2_sqrt; lra).
  assert (Px : 0 < x) by (unfold x; lra). pose proof ratio_pos as Pr. split; [exact Px|].
  assert (E : ratio - / ratio - c = (ratio - x) * (ratio + / x) * / ratio).
  { assert (Ex : / x = x - c) by (apply Rmult_eq_reg_l with x; [|lra]; rewrite Rinv_r by lra; unfold x; nra).
    rewrite Ex. replace ((ratio - x) * (ratio + (x - c)) * / ratio) with (ratio - c - (x * x - c * x) * / ratio) by (field; lra).
    replace (x * x - c * x) with 1 by (unfold x; nra). field. lra. }
  assert (D : ratio - x = (1 + x) / (1 - theta) * (theta - rest)) by (unfold ratio, rest; field; lra).
  assert (K : 0 < (1 + x) / (1 - theta)) by (apply Rdiv_lt_0_compat; lra).
  assert (Pi : 0 < / ratio) by (apply Rinv_0_lt_compat, Pr). assert (Pxi : 0 < / x) by (apply Rinv_0_lt_compat, Px).
  split.
  - intro Hr. rewrite E, D. replace (theta - rest) with 0 by lra. ring.
  - intro Hr. rewrite E, D.
    replace ((theta - rest) * ((1 + x) / (1 - theta) * (theta - rest) * (ratio + / x) * / ratio))
      with ((theta - rest) ^ 2 * ((1 + x) / (1 - theta) * (ratio + / x) * / ratio)) by ring.
    apply Rmult_lt_0_compat.
    + replace ((theta - rest) ^ 2) with (Rsqr (theta - rest)) by (unfold Rsqr; ring). apply Rlt_0_sqr. lra.
    + apply Rmult_lt_0_compat; [apply Rmult_lt_0_compat; lra|exact Pi].
Qed.
End Limits.

(** (phi - 2) / (1 + phi) = -.1459 with the golden ratio phi = (1 + sqrt 5) / 2. *)
Definition golden : R := (1 + sqrt 5) / 2.
Definition fixed_order_limit : R := (golden - 2) / (1 + golden).
(** With x = (9 + sqrt 337) / 16: -.1071. *)
Definition reshuffled_limit : R := ((9 + sqrt 337) / 16 - 2) / (1 + (9 + sqrt 337) / 16).

Theorem adopt_fixed_order_limit eps theta : eps <= / 2 -> - / 2 <= theta <= / 2 ->
  (theta = fixed_order_limit -> fixed_order_drift eps theta = 0) /\
  (theta <> fixed_order_limit -> 0 < (theta - fixed_order_limit) * fixed_order_drift eps theta).
Proof.
  intros He Ht. rewrite (fixed_order_value eps theta He Ht).
  destruct (one_rest theta Ht 1 Rlt_0_1) as (_ & A & B).
  replace (1 ^ 2 + 4) with 5 in A, B by ring. exact (conj A B).
Qed.

Theorem adopt_reshuffled_limit eps theta : eps <= / 2 -> - / 2 <= theta <= / 2 ->
  (theta = reshuffled_limit -> reshuffled_drift eps theta = 0) /\
  (theta <> reshuffled_limit -> 0 < (theta - reshuffled_limit) * reshuffled_drift eps theta).
Proof.
  intros He Ht. rewrite (reshuffled_value eps theta He Ht).
  destruct (one_rest theta Ht (9 / 8) ltac:(lra)) as (_ & A & B).
  assert (E : (9 / 8 + sqrt ((9 / 8) ^ 2 + 4)) / 2 = (9 + sqrt 337) / 16).
  { replace ((9 / 8) ^ 2 + 4) with (337 * (/ 8) ^ 2) by field. rewrite sqrt_mult, sqrt_pow2 by lra. field. }
  rewrite E in A, B. fold reshuffled_limit in A, B. split.
  - intro H. specialize (A H). lra.
  - intro H. specialize (B H). lra.
Qed.

Lemma sqrt_between a lo hi : 0 <= lo -> 0 <= hi -> lo ^ 2 < a < hi ^ 2 -> lo < sqrt a < hi.
Proof.
  intros Hl Hh [A B]. split.
  - rewrite <- (sqrt_pow2 lo) by exact Hl. apply sqrt_lt_1_alt. pose proof (pow2_ge_0 lo). lra.
  - rewrite <- (sqrt_pow2 hi) at 1 by exact Hh. apply sqrt_lt_1_alt. pose proof (pow2_ge_0 lo). lra.
Qed.

(** The minimiser of the sum is 0. *)
Theorem limits_are_wrong : - 14590 / 100000 < fixed_order_limit < - 14589 / 100000
  /\ - 10708 / 100000 < reshuffled_limit < - 10707 / 100000.
Proof.
  destruct (sqrt_between 5 (2236067 / 1000000) (2236068 / 1000000)) as [A1 A2]; [lra|lra|split; lra|].
  destruct (sqrt_between 337 (18357559 / 1000000) (18357560 / 1000000)) as [B1 B2]; [lra|lra|split; lra|].
  assert (F : forall x lo hi, 0 < 1 + x -> lo * (1 + x) < x - 2 < hi * (1 + x) -> lo < (x - 2) / (1 + x) < hi).
  { intros x lo hi P [X Y]. split; apply Rmult_lt_reg_r with (1 + x); try exact P;
      replace ((x - 2) / (1 + x) * (1 + x)) with (x - 2) by (field; lra); assumption. }
  split; apply F; unfold golden.
  all: repeat split; lra.
Qed.
