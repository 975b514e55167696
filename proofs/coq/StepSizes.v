(** Sums over the step sizes 1/sqrt t, 1 <= t <= T. *)
From Coq Require Import Reals Lra Psatz.
From ADOPT Require Import FiniteSum RealPowers.
Open Scope R_scope.

Definition isqrt (t : nat) : R := / sqrt (INR t).

Lemma INR_S_pos n : 0 < INR (S n).
Proof. apply lt_0_INR. lia. Qed.

Lemma isqrt_pos n : 0 < isqrt (S n).
Proof. apply Rinv_0_lt_compat, sqrt_lt_R0, INR_S_pos. Qed.

Lemma isqrt_square n : isqrt (S n) ^ 2 = / INR (S n).
Proof. unfold isqrt. rewrite pow_inv, pow2_sqrt; [reflexivity|left; apply INR_S_pos]. Qed.

Lemma isqrt_decreasing n : isqrt (S (S n)) <= isqrt (S n).
Proof.
  apply Rinv_le_contravar; [apply sqrt_lt_R0, INR_S_pos|]. apply sqrt_le_1_alt, le_INR. lia.
Qed.

(** p = sqrt t, q = sqrt (t+1) *)
Lemma roots n : exists p q, p = sqrt (INR (S n)) /\ q = sqrt (INR (S (S n))) /\
  0 < p /\ p <= q /\ p * p = INR (S n) /\ q * q = INR (S n) + 1.
Proof.
  exists (sqrt (INR (S n))), (sqrt (INR (S (S n)))). repeat split.
  - apply sqrt_lt_R0, INR_S_pos.
  - apply sqrt_le_1_alt, le_INR. lia.
  - apply sqrt_sqrt. left; apply INR_S_pos.
  - rewrite sqrt_sqrt by (left; apply INR_S_pos). apply (S_INR (S n)).
Qed.

Lemma sum_isqrt_lower T : sqrt (INR T) <= sum_1_to isqrt T.
Proof.
  unfold sum_1_to. destruct T as [|T]; [simpl; rewrite sqrt_0; lra|]. induction T as [|T IH].
  - simpl. unfold isqrt. simpl. rewrite sqrt_1, Rinv_1. lra.
  - set (n := S T) in *. cbn [nsum]. destruct (roots T) as (p & q & Ep & Eq & Pp & Hpq & E1 & E2).
    fold n in Ep, Eq. unfold isqrt at 2. rewrite <- Eq. rewrite <- Ep in IH.
    assert (q <= p + / q); [|lra].
    apply Rmult_le_reg_r with q; [lra|]. rewrite Rmult_plus_distr_r, Rinv_l by lra. nra.
Qed.

Lemma sum_isqrt_lower_2 T : 2 * sqrt (INR (S T)) - 2 <= sum_1_to isqrt T.
Proof.
  unfold sum_1_to. induction T as [|T IH]; [simpl; rewrite sqrt_1; lra|].
  cbn [nsum]. destruct (roots T) as (p & q & Ep & Eq & Pp & Hpq & E1 & E2).
  rewrite <- Eq. rewrite <- Ep in IH. unfold isqrt at 2. rewrite <- Ep.
  assert (2 * q <= 2 * p + / p); [|lra].
  apply Rmult_le_reg_r with p; [lra|]. rewrite Rmult_plus_distr_r, Rinv_l by lra.
  assert (0 <= (q - p) ^ 2) by apply pow2_ge_0. nra.
Qed.

Lemma sum_isqrt_upper T : sum_1_to isqrt T <= 2 * sqrt (INR T).
Proof.
  unfold sum_1_to. destruct T as [|T]; [simpl; rewrite sqrt_0; lra|]. induction T as [|T IH].
  - simpl. unfold isqrt. simpl. rewrite sqrt_1, Rinv_1. lra.
  - set (n := S T) in *. cbn [nsum]. destruct (roots T) as (p & q & Ep & Eq & Pp & Hpq & E1 & E2).
    fold n in Ep, Eq. unfold isqrt at 2. rewrite <- Eq. rewrite <- Ep in IH.
    assert (2 * p + / q <= 2 * q); [|lra].
    apply Rmult_le_reg_r with q; [lra|]. rewrite Rmult_plus_distr_r, Rinv_l by lra.
    assert (0 <= (q - p) ^ 2) by apply pow2_ge_0. nra.
Qed.

(** 1/(n+1) <= ln (n+1) - ln n *)
Lemma ln_step n : / INR (S (S n)) <= ln (INR (S (S n))) - ln (INR (S n)).
Proof.
  pose proof (INR_S_pos n) as P1. pose proof (INR_S_pos (S n)) as P2.
  pose proof (ln_tangent (INR (S (S n))) (INR (S n)) P2 P1) as B.
  replace ((INR (S n) - INR (S (S n))) / INR (S (S n))) with (- / INR (S (S n))) in B
    by (rewrite (S_INR (S n)); field; rewrite <- (S_INR (S n)); lra).
  lra.
Qed.

Lemma harmonic T : (1 <= T)%nat -> sum_1_to (fun t => / INR t) T <= 1 + ln (INR T).
Proof.
  unfold sum_1_to. intro HT. destruct T as [|T]; [lia|]. clear HT. induction T as [|T IH].
  - simpl. rewrite ln_1, Rinv_1. lra.
  - set (n := S T) in *. cbn [nsum]. pose proof (ln_step T). fold n in H. lra.
Qed.

(** The decrements, squared: their sum is 0.11637..., at most 0.1164. *)
Definition decrement2 (n : nat) : R := match n with O => 0 | S _ => (isqrt n - isqrt (S n)) ^ 2 end.

Lemma decrement2_nonneg n : 0 <= decrement2 n.
Proof. destruct n; [simpl; lra|apply pow2_ge_0]. Qed.

Lemma decrement2_tail n : decrement2 (S n) <= / 8 * (/ INR (S n) ^ 2 - / INR (S (S n)) ^ 2).
Proof.
  unfold decrement2, isqrt. destruct (roots n) as (p & q & Ep & Eq & Pp & Hpq & E1 & E2).
  rewrite <- Ep, <- Eq. rewrite (S_INR (S n)), <- E2, <- E1.
  assert (D : q * q - p * p = 1) by lra.
  replace (/ 8 * (/ (p * p) ^ 2 - / (q * q) ^ 2))
    with ((q * q - p * p) * (q * q + p * p) / (8 * (p * q) ^ 4)) by (field; lra).
  replace ((q * q - p * p) * (q * q + p * p)) with ((q * q - p * p) * ((q * q - p * p) * (q * q + p * p)))
    by (rewrite D; ring).
  replace ((/ p - / q) ^ 2) with ((q - p) ^ 2 * (8 * (p * q) ^ 2) / (8 * (p * q) ^ 4)) by (field; lra).
  apply Rmult_le_compat_r.
  - left. apply Rinv_0_lt_compat. apply Rmult_lt_0_compat; [lra|]. apply pow_lt, Rmult_lt_0_compat; lra.
  - replace ((q * q - p * p) * ((q * q - p * p) * (q * q + p * p))) with ((q - p) ^ 2 * ((q + p) ^ 2 * (q * q + p * p))) by ring.
    apply Rmult_le_compat_l; [apply pow2_ge_0|].
    assert (A : 4 * (p * q) <= (q + p) ^ 2) by (assert (0 <= (q - p) ^ 2) by apply pow2_ge_0; nra).
    assert (B : 2 * (p * q) <= q * q + p * p) by (assert (0 <= (q - p) ^ 2) by apply pow2_ge_0; nra).
    assert (Z : 0 < p * q) by (apply Rmult_lt_0_compat; lra).
    replace (8 * (p * q) ^ 2) with ((4 * (p * q)) * (2 * (p * q))) by ring.
    apply Rmult_le_compat; lra.
Qed.

(** (1/sqrt n - 1/sqrt (n+1))^2 from an upper bound r on sqrt (n (n+1)) *)
Lemma decrement2_bound n r : 0 < r -> INR (S n) * INR (S (S n)) <= r ^ 2 ->
  decrement2 (S n) <= / INR (S n) + / INR (S (S n)) - 2 / r.
Proof.
  intros Hr H. unfold decrement2. pose proof (isqrt_square n) as A. pose proof (isqrt_square (S n)) as B.
  assert (C : / r <= isqrt (S n) * isqrt (S (S n))).
  { unfold isqrt. rewrite <- Rinv_mult, <- sqrt_mult by (left; apply INR_S_pos).
    apply Rinv_le_contravar.
    - apply sqrt_lt_R0, Rmult_lt_0_compat; apply INR_S_pos.
    - rewrite <- (sqrt_pow2 r) by lra. apply sqrt_le_1_alt, H. }
  unfold Rdiv. lra.
Qed.

Lemma decrement2_sum T : nsum decrement2 T <= 1164 / 10000.
Proof.
  assert (H5 : nsum decrement2 5 <= 1114 / 10000).
  { pose proof (decrement2_bound 0 (1414214 / 1000000) ltac:(lra) ltac:(simpl; lra)) as A1.
    pose proof (decrement2_bound 1 (2449490 / 1000000) ltac:(lra) ltac:(simpl; lra)) as A2.
    pose proof (decrement2_bound 2 (3464102 / 1000000) ltac:(lra) ltac:(simpl; lra)) as A3.
    pose proof (decrement2_bound 3 (4472136 / 1000000) ltac:(lra) ltac:(simpl; lra)) as A4.
    cbn [nsum]. change (decrement2 0) with 0.
    replace (INR 1) with 1 in * by (simpl; ring). replace (INR 2) with 2 in * by (simpl; ring).
    replace (INR 3) with 3 in * by (simpl; ring). replace (INR 4) with 4 in * by (simpl; ring).
    replace (INR 5) with 5 in * by (simpl; ring). lra. }
  assert (Hn : forall m, nsum decrement2 (5 + m) <= 1114 / 10000 + / 8 * (/ 25 - / INR (5 + m) ^ 2)).
  { induction m as [|m IH].
    - replace (INR (5 + 0)) with 5 by (simpl; ring). simpl Nat.add. lra.
    - replace (5 + S m)%nat with (S (5 + m)) by lia. change (nsum decrement2 (S (5 + m))) with (nsum decrement2 (5 + m) + decrement2 (5 + m)).
      pose proof (decrement2_tail (4 + m)) as Ht. simpl Nat.add in *. lra. }
  apply Rle_trans with (nsum decrement2 (5 + T)).
  - assert (Mono : forall k, nsum decrement2 T <= nsum decrement2 (T + k)).
    { induction k as [|k IH]; [rewrite Nat.add_0_r; apply Rle_refl|].
      rewrite Nat.add_succ_r. cbn [nsum]. pose proof (decrement2_nonneg (T + k)). lra. }
    rewrite (Nat.add_comm 5 T). apply Mono.
  - eapply Rle_trans; [apply Hn|].
    assert (0 < / INR (5 + T) ^ 2) by (apply Rinv_0_lt_compat, pow_lt, lt_0_INR; lia). lra.
Qed.
