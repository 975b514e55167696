(** Laws of the real powers of [Holder.v] (0^y = 0), tangents of the logarithm and
    of the powers, and the power mean. *)
From Coq Require Import Reals Lra Psatz List.
From ADOPT Require Import FiniteSum Holder.
Open Scope R_scope.

Lemma rpow_Rpower x y : 0 < x -> rpow x y = Rpower x y.
Proof. intro H. unfold rpow. destruct (Rle_dec x 0); [lra|reflexivity]. Qed.

Lemma rpow_0 y : rpow 0 y = 0.
Proof. unfold rpow. destruct (Rle_dec 0 0); [reflexivity|lra]. Qed.

Lemma Rpower_pos x y : 0 < Rpower x y.
Proof. apply exp_pos. Qed.

Lemma Rpower_inv x y : 0 < x -> Rpower (/ x) y = Rpower x (- y).
Proof. intro H. unfold Rpower. rewrite ln_Rinv by exact H. f_equal. ring. Qed.

Lemma rpow_mult x y z : 0 <= x -> 0 <= y -> rpow (x * y) z = rpow x z * rpow y z.
Proof.
  intros Hx Hy. destruct (Req_dec x 0) as [->|Nx]; [rewrite Rmult_0_l, rpow_0; ring|].
  destruct (Req_dec y 0) as [->|Ny]; [rewrite Rmult_0_r, rpow_0; ring|].
  rewrite !rpow_Rpower by (try apply Rmult_lt_0_compat; lra). symmetry. apply Rpower_mult_distr; lra.
Qed.

Lemma rpow_le x y z : 0 <= x <= y -> 0 <= z -> rpow x z <= rpow y z.
Proof.
  intros [Hx Hy] Hz. destruct (Req_dec x 0) as [->|Nx]; [rewrite rpow_0; apply rpow_nonneg|].
  rewrite !rpow_Rpower by lra. apply Rle_Rpower_l; lra.
Qed.

Lemma rpow_rpow x y z : rpow (rpow x y) z = rpow x (y * z).
Proof.
  unfold rpow at 2 3. destruct (Rle_dec x 0) as [_|_]; [apply rpow_0|].
  rewrite rpow_Rpower by apply Rpower_pos. apply Rpower_mult.
Qed.

Lemma rpow_one x : 0 <= x -> rpow x 1 = x.
Proof. intro H. change 1 with (INR 1). rewrite rpow_nat by (assumption || discriminate). ring. Qed.

Lemma rpow_sqrt y p : 0 <= y -> rpow (sqrt y) p = rpow y (p / 2).
Proof.
  intro Hy. destruct (Req_dec y 0) as [->|N]; [rewrite sqrt_0, !rpow_0; reflexivity|].
  rewrite !rpow_Rpower by (try apply sqrt_lt_R0; lra). rewrite <- Rpower_sqrt by lra. rewrite Rpower_mult. f_equal. field.
Qed.

Lemma rpow_abs x p : rpow (Rabs x) p = rpow (x ^ 2) (p / 2).
Proof. rewrite <- rpow_sqrt by apply pow2_ge_0. rewrite <- (sqrt_Rsqr_abs x), Rsqr_pow2. reflexivity. Qed.

(** The tangent of the logarithm at x. *)
Lemma ln_tangent x y : 0 < x -> 0 < y -> ln y <= ln x + (y - x) / x.
Proof.
  intros Hx Hy. assert (P : 0 < y / x) by (apply Rdiv_lt_0_compat; assumption).
  assert (A : 1 + ln (y / x) <= y / x) by (rewrite <- (exp_ln (y / x) P) at 2; apply exp_ineq1_le).
  assert (B : ln (y / x) = ln y - ln x).
  { unfold Rdiv. rewrite ln_mult, ln_Rinv; auto. apply Rinv_0_lt_compat, Hx. }
  replace ((y - x) / x) with (y / x - 1) by (field; lra). lra.
Qed.

(** Tangents at 1: z^p >= 1 + p (z - 1) for p >= 1, z^q <= 1 + q (z - 1) for q <= 1. *)
Lemma power_above z p : 0 <= z -> 1 <= p -> p * z <= rpow z p + (p - 1).
Proof.
  intros Hz Hp. destruct (Req_dec z 0) as [->|N]; [rewrite rpow_0; lra|].
  rewrite rpow_Rpower by lra. unfold Rpower. set (a := ln z).
  assert (Ea : exp a = z) by (apply exp_ln; lra).
  replace (p * a) with (a + (p - 1) * a) by ring. rewrite exp_plus, Ea.
  pose proof (exp_ineq1_le ((p - 1) * a)) as A. pose proof (exp_ineq1_le (- a)) as B.
  assert (E1 : z * exp (- a) = 1) by (rewrite <- Ea, <- exp_plus; replace (a + - a) with 0 by ring; apply exp_0).
  apply Rmult_le_compat_l with (r := z) in A; [|lra]. apply Rmult_le_compat_l with (r := z * (p - 1)) in B; [|nra].
  replace (z * (p - 1) * exp (- a)) with ((p - 1) * (z * exp (- a))) in B by ring. rewrite E1 in B. nra.
Qed.

Lemma power_below z q : 0 <= z -> 0 <= q <= 1 -> rpow z q <= q * z + (1 - q).
Proof.
  intros Hz Hq. destruct (Req_dec z 0) as [->|N]; [rewrite rpow_0; lra|].
  rewrite rpow_Rpower by lra. unfold Rpower. set (a := ln z). set (y := exp (q * a)).
  assert (Py : 0 < y) by apply exp_pos.
  assert (Ez : z = y * exp ((1 - q) * a)).
  { unfold y. rewrite <- exp_plus. replace (q * a + (1 - q) * a) with a by ring. symmetry. apply exp_ln. lra. }
  assert (E1 : 1 = y * exp (- (q * a))) by (unfold y; rewrite <- exp_plus, Rplus_opp_r, exp_0; reflexivity).
  pose proof (exp_ineq1_le ((1 - q) * a)) as A. pose proof (exp_ineq1_le (- (q * a))) as B.
  apply Rmult_le_compat_l with (r := q * y) in A; [|nra]. apply Rmult_le_compat_l with (r := (1 - q) * y) in B; [|nra].
  replace (q * z) with (q * y * exp ((1 - q) * a)) by (rewrite Ez at 1; ring).
  replace (1 - q) with ((1 - q) * y * exp (- (q * a))) at 2 by (rewrite Rmult_assoc, <- E1; ring). nra.
Qed.

(** sum y_i^q <= n^(1-q) (sum y_i)^q for n numbers, q <= 1. *)
Lemma power_mean {A} (l : list A) (y : A -> R) q : (1 <= length l)%nat -> 0 < q <= 1 -> (forall a, 0 <= y a) ->
  lsum l (fun a => rpow (y a) q) <= Rpower (INR (length l)) (1 - q) * rpow (lsum l y) q.
Proof.
  intros Hl Hq Hy. assert (Pn : 0 < INR (length l)) by (apply lt_0_INR; lia). set (n := INR (length l)) in *.
  set (N := lsum l y). assert (HN : 0 <= N) by (apply lsum_nonneg; intros; apply Hy).
  destruct (Req_dec N 0) as [E|NE].
  { rewrite (lsum_ext_in l _ (fun _ => 0)).
    - rewrite lsum_zero, E, rpow_0. lra.
    - intros a Ha. pose proof (lsum_in_le l y a (fun b _ => Hy b) Ha) as B. fold N in B. pose proof (Hy a).
      replace (y a) with 0 by lra. apply rpow_0. }
  assert (Pr : 0 < n / N) by (apply Rdiv_lt_0_compat; lra).
  assert (S1 : lsum l (fun a => rpow (n / N * y a) q) <= n).
  { eapply Rle_trans; [apply lsum_le; intro a; apply (power_below (n / N * y a) q);
      [apply Rmult_le_pos; [lra|apply Hy]|lra]|].
    rewrite lsum_plus, !lsum_scal. fold N.
    rewrite lsum_const. fold n. right. field. exact NE. }
  rewrite (lsum_ext l _ (fun a => Rpower (n / N) q * rpow (y a) q)) in S1.
  2:{ intro a. rewrite rpow_mult by (try apply Hy; lra). rewrite (rpow_Rpower (n / N)) by exact Pr. reflexivity. }
  rewrite lsum_scal in S1.
  assert (E : n = Rpower (n / N) q * (Rpower n (1 - q) * rpow N q)).
  { unfold Rdiv. rewrite <- Rpower_mult_distr by (try apply Rinv_0_lt_compat; lra).
    rewrite Rpower_inv, rpow_Rpower by lra.
    replace (Rpower n q * Rpower N (- q) * (Rpower n (1 - q) * Rpower N q))
      with (Rpower n q * Rpower n (1 - q) * (Rpower N (- q) * Rpower N q)) by ring.
    rewrite <- !Rpower_plus. replace (- q + q) with 0 by ring. rewrite Rpower_O by lra.
    replace (q + (1 - q)) with 1 by ring. rewrite Rpower_1 by lra. ring. }
  apply Rmult_le_reg_l with (Rpower (n / N) q); [apply Rpower_pos|]. rewrite <- E. exact S1.
Qed.
