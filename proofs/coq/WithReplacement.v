(** RMSprop with replacement drifts the wrong way at every step.

    f(theta) = theta on [-1, 1]; the gradient is k^2 with probability 1/k, else -k
    (mean 1).  With v_t = beta2 v_(t-1) + (1 - beta2) g_t^2 from any start with
    v_0 >= k^2 and E v_0 <= E g^2, the mean update E[g_t / sqrt v_t] is negative,
    hence theta moves up, away from the minimiser -1, at every t, whenever
    k > 2 and beta2 < (k - 2) / (k - 1 + 1/k^2 - 1/k^3). *)
From Coq Require Import Reals Lra Psatz List.
From ADOPT Require Import FiniteSum Space Paths.
Import ListNotations.
Open Scope R_scope.

(** 1/sqrt x lies above its tangents. *)
Lemma isqrt_tangent x m : 0 < x -> 0 < m -> / sqrt m - (x - m) * / (2 * m * sqrt m) <= / sqrt x.
Proof.
  intros Hx Hm. pose proof (sqrt_lt_R0 x Hx) as Pu. pose proof (sqrt_lt_R0 m Hm) as Ps.
  rewrite <- (sqrt_sqrt x) at 1 by lra. rewrite <- (sqrt_sqrt m) at 2 3 by lra.
  set (u := sqrt x) in *. set (s := sqrt m) in *.
  assert (Z : 0 < 2 * s * s * s * u) by (repeat apply Rmult_lt_0_compat; lra).
  apply Rmult_le_reg_r with (2 * s * s * s * u); [exact Z|].
  replace ((/ s - (u * u - s * s) * / (2 * (s * s) * s)) * (2 * s * s * s * u)) with (3 * s * s * u - u * u * u) by (field; lra).
  replace (/ u * (2 * s * s * s * u)) with (2 * s * s * s) by (field; lra).
  assert (0 <= (s - u) ^ 2 * (2 * s + u)) by (apply Rmult_le_pos; [apply pow2_ge_0|lra]). nra.
Qed.

Section Drift.
Variables (k b : R) (H : nat).
Hypothesis Hk : 2 < k.
Hypothesis Hb : 0 <= b < 1.
Hypothesis Hbk : b < (k - 2) / (k - 1 + / k ^ 2 - / k ^ 3).

(** [true]: the rare large gradient. *)
Definition symbol := bool.
Definition gradient (x : symbol) : R := if x then k ^ 2 else - k.
Definition prob (x : symbol) : R := if x then / k else 1 - / k.

Lemma inv_k : 0 < / k <= / 2.
Proof. split; [apply Rinv_0_lt_compat; lra|apply Rinv_le_contravar; lra]. Qed.

Lemma prob_nonneg (t : nat) x : 0 <= prob x.
Proof. pose proof inv_k. destruct x; simpl; lra. Qed.

Lemma prob_sum (t : nat) : lsum [true; false] prob = 1.
Proof. simpl. ring. Qed.

Definition draws : space := paths [true; false] (fun _ => prob) H prob_nonneg prob_sum.

(** The mean gradient is 1: descent means a positive drift. *)
Lemma mean_gradient : lsum [true; false] (fun x => prob x * gradient x) = 1.
Proof. simpl. field. lra. Qed.

Variable v0 : symbol -> R.
Hypothesis Hv0 : forall x, k ^ 2 <= v0 x.
Definition second := k ^ 3 + k ^ 2 - k.
Lemma second_is : lsum [true; false] (fun x => prob x * gradient x ^ 2) = second.
Proof. unfold second. simpl. field. lra. Qed.
Hypothesis Ev0 : lsum [true; false] (fun x => prob x * v0 x) <= second.

Fixpoint v (t : nat) (xi : nat -> symbol) : R :=
  match t with O => v0 (xi O) | S t' => b * v t' xi + (1 - b) * gradient (xi t) ^ 2 end.

Lemma gradient_square x : k ^ 2 <= gradient x ^ 2.
Proof. destruct x; simpl; [|lra]. assert (1 <= k * k) by nra. nra. Qed.

Lemma v_lower t xi : k ^ 2 <= v t xi.
Proof.
  induction t as [|t IH]; [apply Hv0|]. cbn [v]. pose proof (gradient_square (xi (S t))). nra.
Qed.

Lemma v_measurable t : measurable (S := draws) t (v t).
Proof.
  revert t. apply draws_measurable; [intros w w' E|intros t w w' E1 E2]; cbn [v]; congruence.
Qed.

Lemma v_mean t : (t <= H)%nat -> expect (s := draws) (v t) <= second.
Proof.
  induction t as [|t IH]; intro Ht.
  - eapply Rle_trans; [right; exact (expect_first [true; false] (fun _ => prob) H prob_nonneg prob_sum v0)|exact Ev0].
  - rewrite <- (expect_cond draws t).
    rewrite (expect_ext (S := draws) _ (fun w => b * v t w + (1 - b) * second)).
    + rewrite (expect_plus draws), (expect_scal draws), (expect_const (S := draws)). specialize (IH ltac:(lia)). nra.
    + intro w. rewrite <- second_is.
      etransitivity.
      * exact (cond_answer [true; false] (fun _ => prob) H prob_nonneg prob_sum t (v t)
          (fun a x => b * a + (1 - b) * gradient x ^ 2) w ltac:(lia) (v_measurable t)).
      * simpl. ring.
Qed.

(** The mean of the next update given the past, as a function of v. *)
Definition next (x : R) : R := lsum [true; false] (fun y => prob y * (gradient y / sqrt (b * x + (1 - b) * gradient y ^ 2))).

Theorem rmsprop_wrong_drift t : (t < H)%nat -> expect (s := draws) (fun xi => gradient (xi (S t)) / sqrt (v (S t) xi)) < 0.
Proof.
  intro Ht. rewrite <- (expect_cond draws t).
  rewrite (expect_ext (S := draws) _ (fun w => next (v t w))).
  2:{ intro w. cbn [v].
      exact (cond_answer [true; false] (fun _ => prob) H prob_nonneg prob_sum t (v t)
        (fun a x => gradient x / sqrt (b * a + (1 - b) * gradient x ^ 2)) w Ht (v_measurable t)). }
  (* m: the mean of the second normaliser, squared; n: a lower bound of the first, squared *)
  set (m := b * second + (1 - b) * k ^ 2). set (n := b * k ^ 2 + (1 - b) * k ^ 4).
  assert (Pk2 : 0 < k ^ 2) by (apply pow_lt; lra).
  assert (Pk3 : k * 2 <= k ^ 2) by (simpl; rewrite Rmult_1_r; apply Rmult_le_compat_l; lra).
  assert (Pk4 : k ^ 2 * 1 < k ^ 4).
  { replace (k ^ 4) with (k ^ 2 * k ^ 2) by ring. apply Rmult_lt_compat_l; lra. }
  assert (Ps2 : k ^ 2 <= second).
  { unfold second. assert (k * 1 <= k * k ^ 2) by (apply Rmult_le_compat_l; lra). replace (k ^ 3) with (k * k ^ 2) by ring. lra. }
  assert (Pm : 0 < m) by (unfold m; apply Rplus_le_lt_0_compat; [apply Rmult_le_pos; lra|apply Rmult_lt_0_compat; lra]).
  assert (Pn : 0 < n) by (unfold n; apply Rplus_le_lt_0_compat; [apply Rmult_le_pos; lra|apply Rmult_lt_0_compat; lra]).
  pose proof inv_k as Ik. pose proof (sqrt_lt_R0 m Pm) as Psm. pose proof (sqrt_lt_R0 n Pn) as Psn.
  assert (Point : forall w, next (v t w) <= k * / sqrt n - (k - 1) * (/ sqrt m - b * (v t w - second) * / (2 * m * sqrt m))).
  { intro w. pose proof (v_lower t w) as Hv. set (x := v t w) in *. unfold next. cbn [lsum prob gradient].
    assert (A : / sqrt (b * x + (1 - b) * (k ^ 2) ^ 2) <= / sqrt n).
    { apply Rinv_le_contravar; [exact Psn|]. apply sqrt_le_1_alt. unfold n. replace ((k ^ 2) ^ 2) with (k ^ 4) by ring. nra. }
    assert (Px : 0 < b * x + (1 - b) * (- k) ^ 2) by (replace ((- k) ^ 2) with (k ^ 2) by ring; nra).
    pose proof (isqrt_tangent _ m Px Pm) as B.
    replace (b * x + (1 - b) * (- k) ^ 2 - m) with (b * (x - second)) in B by (unfold m; ring).
    apply Rmult_le_compat_l with (r := k) in A; [|lra]. apply Rmult_le_compat_l with (r := k - 1) in B; [|lra].
    replace (/ k * (k ^ 2 / sqrt (b * x + (1 - b) * (k ^ 2) ^ 2) )) with (k * / sqrt (b * x + (1 - b) * (k ^ 2) ^ 2)).
    2:{ unfold Rdiv. rewrite <- Rmult_assoc. f_equal. field. lra. }
    replace ((1 - / k) * (- k / sqrt (b * x + (1 - b) * (- k) ^ 2))) with (- ((k - 1) * / sqrt (b * x + (1 - b) * (- k) ^ 2))).
    2:{ unfold Rdiv. rewrite <- Rmult_assoc, Ropp_mult_distr_l. f_equal. field. lra. }
    lra. }
  eapply Rle_lt_trans; [apply (expect_le draws _ _ Point)|].
  assert (Ev : expect (s := draws) (v t) <= second) by (apply v_mean; lia).
  assert (Em : expect (s := draws) (fun w => k * / sqrt n - (k - 1) * (/ sqrt m - b * (v t w - second) * / (2 * m * sqrt m)))
    = k * / sqrt n - (k - 1) * / sqrt m + (k - 1) * b * / (2 * m * sqrt m) * (expect (s := draws) (v t) - second)).
  { rewrite (expect_ext (S := draws) _ (fun w => (k * / sqrt n - (k - 1) * / sqrt m - (k - 1) * b * / (2 * m * sqrt m) * second)
      + (k - 1) * b * / (2 * m * sqrt m) * v t w)) by (intro; ring).
    rewrite (expect_plus draws), (expect_scal draws), (expect_const (S := draws)). ring. }
  apply (Rle_lt_trans _ _ _ (Req_le _ _ Em)).
  assert (Neg : (k - 1) * b * / (2 * m * sqrt m) * (expect (s := draws) (v t) - second) <= 0).
  { assert (0 <= (k - 1) * b * / (2 * m * sqrt m)).
    { apply Rmult_le_pos; [apply Rmult_le_pos; lra|left; apply Rinv_0_lt_compat; apply Rmult_lt_0_compat; lra]. }
    nra. }
  (* k^2 m < (k - 1)^2 n is the condition on beta2 *)
  assert (Key : k ^ 2 * m < (k - 1) ^ 2 * n).
  { assert (Pd : 0 < k - 1 + / k ^ 2 - / k ^ 3).
    { assert (/ k ^ 3 <= / k ^ 2) by (apply Rinv_le_contravar; [exact Pk2|]; replace (k ^ 3) with (k * k ^ 2) by ring; nra). lra. }
    assert (C : b * (k ^ 4 - k ^ 3 + k - 1) < k ^ 3 * (k - 2)).
    { apply Rmult_lt_compat_r with (r := k - 1 + / k ^ 2 - / k ^ 3) in Hbk; [|exact Pd].
      unfold Rdiv in Hbk. rewrite Rmult_assoc, Rinv_l, Rmult_1_r in Hbk by lra.
      apply Rmult_lt_compat_l with (r := k ^ 3) in Hbk; [|apply pow_lt; lra].
      replace (k ^ 3 * (b * (k - 1 + / k ^ 2 - / k ^ 3))) with (b * (k ^ 4 - k ^ 3 + k - 1)) in Hbk by (field; lra). exact Hbk. }
    apply Rmult_lt_compat_l with (r := k ^ 2) in C; [|exact Pk2]. unfold m, n, second. lra. }
  assert (Lt : k * sqrt m < (k - 1) * sqrt n).
  { rewrite <- (sqrt_pow2 (k * sqrt m)), <- (sqrt_pow2 ((k - 1) * sqrt n)) by (apply Rmult_le_pos; lra).
    apply sqrt_lt_1_alt. rewrite !Rpow_mult_distr, !pow2_sqrt by lra. split; [|exact Key].
    apply Rmult_le_pos; lra. }
  assert (k * / sqrt n < (k - 1) * / sqrt m).
  { apply Rmult_lt_reg_r with (sqrt m * sqrt n); [apply Rmult_lt_0_compat; assumption|].
    replace (k * / sqrt n * (sqrt m * sqrt n)) with (k * sqrt m) by (field; lra).
    replace ((k - 1) * / sqrt m * (sqrt m * sqrt n)) with ((k - 1) * sqrt n) by (field; lra). exact Lt. }
  lra.
Qed.

End Drift.

(** Non-vacuity: k = 10, beta2 = 4/5, v_0 = g_0^2. *)
Theorem witness_rmsprop_wrong_drift t H : (t < H)%nat ->
  expect (s := draws 10 H ltac:(lra)) (fun xi => gradient 10 (xi (S t)) / sqrt (v 10 (4 / 5) (fun x => gradient 10 x ^ 2) (S t) xi)) < 0.
Proof.
  intro Ht. apply rmsprop_wrong_drift; try exact Ht; try lra.
  - intro x. apply gradient_square. lra.
  - right. apply second_is. lra.
Qed.
