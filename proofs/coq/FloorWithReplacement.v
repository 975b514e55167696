(** RMSprop and Adam with replacement keep no rate: two offsets, of mean 0 and different
    sizes, for every beta1, beta2 < 1, with bias correction or without. *)
From Coq Require Import Reals Lra Psatz List.
From Coq Require Vectors.Fin.
From ADOPT Require Import FiniteSum Holder Space Paths Spec Floor FloorNormaliser FloorAdam.
Import ListNotations.
Open Scope R_scope.

(** *** RMSprop, any law of offsets: what has to be enclosed is the mean direction at the minimiser *)
Theorem rmsprop_floor {K : Type} (ks : list K) (p offset : K -> R) (f : form) (eps X al b2 side eta : R) (T : nat) :
  (forall x, 0 <= p x) -> lsum ks p = 1 -> (forall x, Rabs (offset x) <= X) ->
  0 < eps -> 0 < al -> 0 <= b2 < 1 -> (1 <= T)%nat -> 0 <= X -> side = 1 \/ side = -1 -> 0 <= eta ->
  (forall b, 0 <= b <= b2 * B X ^ 2 ->
    eta <= side * lsum ks (fun x => p x * (offset x / normaliser f eps (b + (1 - b2) * offset x ^ 2)))) ->
  eta - (1 + (X + 1 + INR 2 * (al * (B X / eps)))) / (al * INR T)
  <= / eps * average (fun t => path_expect ks (fun _ => p) T (fun xi => Rabs (gradient offset f eps X al 0 b2 false (pred t) xi))) T.
Proof.
  intros Hp Hsum Hoff He Hal Hb2 HT HX Hside Heta Hdrift. pose proof (INR_pos T HT) as PT.
  pose proof (adam_floor ks p offset f eps X al 0 b2 false T Hp Hsum Hoff He Hal ltac:(lra) Hb2 HT HX side
    (fun j => match j with O => eta | _ => 0 end) Hside) as F.
  assert (N : forall j, 0 <= match j with O => eta | _ => 0 end) by (intros [|j]; lra).
  assert (Dr : forall j b c, 0 ^ j <> 0 -> share b2 j <= c -> (false = false -> c = share b2 j) -> 0 <= b <= (1 - c) * B X ^ 2 ->
    match j with O => eta | _ => 0 end <= side * lsum ks (fun x => p x * (offset x / normaliser f eps (b + c * offset x ^ 2)))).
  { intros [|j] b c Hj _ Hc Hb; [|exfalso; apply Hj; simpl; ring]. assert (E : c = 1 - b2) by (rewrite (Hc eq_refl); unfold share; ring).
    rewrite E in *. apply Hdrift. replace (b2 * B X ^ 2) with ((1 - (1 - b2)) * B X ^ 2) by ring. exact Hb. }
  specialize (F N Dr 1%nat 1%nat (le_n 1) ltac:(simpl; lra)). eapply Rle_trans; [|exact F].
  unfold total_eta, start_up. cbn [nsum]. rewrite pow_O. change (INR 1) with 1. right. field. repeat split; lra.
Qed.

Section TwoOffsets.
(** -side A with probability q and side h otherwise *)
Variables (A h q side eps b1 b2 : R) (f : form) (corrected : bool).
Hypothesis Hside : side = 1 \/ side = -1.
Hypothesis HA : 0 <= h <= A.
Hypothesis Hq : 0 <= q <= 1.
Hypothesis mean_zero : q * A = (1 - q) * h.
Hypothesis He : 0 < eps.
Hypothesis Hb1 : 0 <= b1 < 1.
Hypothesis Hb2 : 0 <= b2 < 1.
Notation B := (B A).

(** two noise symbols *)
Definition pair_offset (x : Fin.t 2) : R := match proj1_sig (Fin.to_nat x) with O => - side * A | _ => side * h end.
Definition pair_prob (x : Fin.t 2) : R := match proj1_sig (Fin.to_nat x) with O => q | _ => 1 - q end.

Lemma pair_prob_nonneg x : 0 <= pair_prob x.
Proof. unfold pair_prob. destruct (proj1_sig (Fin.to_nat x)); lra. Qed.
Lemma pair_prob_sum : lsum (fins 2) pair_prob = 1.
Proof. unfold pair_prob. simpl. ring. Qed.
(** A2 *)
Lemma pair_mean : lsum (fins 2) (fun x => pair_prob x * pair_offset x) = 0.
Proof. unfold pair_prob, pair_offset. simpl. destruct Hside as [-> | ->]; lra. Qed.
Lemma pair_bound x : Rabs (pair_offset x) <= A.
Proof. apply abs_bounds. unfold pair_offset. destruct (proj1_sig (Fin.to_nat x)); destruct Hside as [-> | ->]; lra. Qed.

Lemma pair_drift b c : side * lsum (fins 2) (fun x => pair_prob x * (pair_offset x / normaliser f eps (b + c * pair_offset x ^ 2)))
  = q * A * gap f eps h A c b.
Proof.
  unfold gap, pair_prob, pair_offset. cbn [fins map lsum Fin.to_nat proj1_sig].
  assert (E : side * side = 1) by (destruct Hside as [-> | ->]; ring).
  replace ((- side * A) ^ 2) with (side * side * A ^ 2) by ring. replace ((side * h) ^ 2) with (side * side * h ^ 2) by ring.
  rewrite E, !Rmult_1_l. unfold Rdiv.
  transitivity (side * side * ((1 - q) * h * / normaliser f eps (b + c * h ^ 2) - q * A * / normaliser f eps (b + c * A ^ 2))); [ring|].
  rewrite E, <- mean_zero. ring.
Qed.

(** Two numbers for each lag: the gap at both ends of what v_(t + j) can be besides the share of g_t. *)
Definition lag_gap (j : nat) : R :=
  Rmin (gap f eps h A (share b2 j) 0) (gap f eps h A (share b2 j) ((1 - share b2 j) * B ^ 2)).

Lemma gap_nonneg c b : 0 <= c -> 0 <= b -> 0 <= gap f eps h A c b.
Proof.
  intros Hc Hb. assert (S2 : 0 <= h ^ 2 <= A ^ 2) by (split; [apply pow2_ge_0|apply pow_incr; lra]). unfold gap.
  assert (/ normaliser f eps (b + c * A ^ 2) <= / normaliser f eps (b + c * h ^ 2)); [|lra].
  apply Rinv_le_contravar; [apply normaliser_pos; [exact He|nra]|apply normaliser_mono; nra].
Qed.

Theorem adam_floor_two_offsets (al : R) (T lags patience : nat) (least : nat -> R) :
  0 < al -> (1 <= T)%nat -> (1 <= lags)%nat -> b1 ^ patience * (B + 1) <= 1 ->
  (forall j, 0 <= least j <= lag_gap j) ->
  let eta := nsum (fun j => (1 - b1) * b1 ^ j * (q * A * least j)) lags in
  eta - B / eps * B * (b1 / (1 - b1)) / eps ^ 2 * al - ((INR lags - 1) * eta + start_up eps A b1 corrected) / INR T
    - (1 + (A + 1 + INR (S patience) * (al * (B / eps)))) / (al * INR T)
  <= / eps * average (fun t => path_expect (fins 2) (fun _ => pair_prob) T (fun xi => Rabs (gradient pair_offset f eps A al b1 b2 corrected (pred t) xi))) T.
Proof.
  intros Hal HT Hlags Hk Hleast eta.
  apply (adam_floor (fins 2) pair_prob pair_offset f eps A al b1 b2 corrected T
    pair_prob_nonneg pair_prob_sum pair_bound He Hal Hb1 Hb2 HT ltac:(lra) side (fun j => q * A * least j) Hside); try assumption.
  - intro j. apply Rmult_le_pos; [apply Rmult_le_pos; lra|apply Hleast].
  - intros j b c _ Hc _ Hb. rewrite pair_drift. apply Rmult_le_compat_l; [apply Rmult_le_pos; lra|].
    eapply Rle_trans; [apply Hleast|]. pose proof (share_range b2 Hb2 j) as Sh. apply gap_least; try assumption; try lra.
    assert (h ^ 2 <= B ^ 2) by (apply pow_incr; unfold FloorAdam.B; lra). nra.
Qed.

(** alpha = a / T^r: the average of (E|f'|^(4/3))^(3/2) stays above a constant, so no rate holds. *)
Theorem adam_no_rate (a r rate c : R) : h < A -> 0 < q ->
  (f = largest -> eps ^ 2 < (1 - b2) * A ^ 2) -> 0 < a -> 0 < r < 1 -> 0 < rate ->
  ~ (exists N, forall T, (N <= T)%nat ->
      average (fun t => rpow (path_expect (fins 2) (fun _ => pair_prob) T (fun xi =>
        rpow (Rabs (gradient pair_offset f eps A (a * Rpower (INR T) (- r)) b1 b2 corrected (pred t) xi)) (4 / 3))) (3 / 2)) T
      <= c * Rpower (INR T) (- rate)).
Proof.
  intros Hh Pq HL Ha Hr Hrate. assert (PB : 0 < B) by (unfold FloorAdam.B; lra).
  assert (Nonneg : forall j, 0 <= lag_gap j).
  { intro j. pose proof (share_range b2 Hb2 j). apply Rmin_glb; apply gap_nonneg; try lra.
    apply Rmult_le_pos; [lra|apply pow2_ge_0]. }
  assert (E0 : share b2 0 = 1 - b2) by (unfold share; ring).
  assert (P0 : 0 < lag_gap 0).
  { unfold lag_gap. rewrite E0. apply Rmin_glb_lt; apply gap_positive; try assumption; try lra.
    apply Rmult_le_pos; [lra|apply pow2_ge_0]. }
  destruct (pow_lt_1_zero b1 ltac:(rewrite Rabs_right; lra) (/ (B + 1)) ltac:(apply Rinv_0_lt_compat; lra)) as [k Hk].
  specialize (Hk k (le_n k)).
  assert (Patience : b1 ^ k * (B + 1) <= 1).
  { pose proof (Rle_abs (b1 ^ k)) as Q. apply Rmult_le_reg_r with (/ (B + 1)); [apply Rinv_0_lt_compat; lra|].
    rewrite Rmult_assoc, Rinv_r by lra. lra. }
  set (eta := nsum (fun j => (1 - b1) * b1 ^ j * (q * A * lag_gap j)) 1).
  assert (Peta : 0 < eta).
  { unfold eta. cbn [nsum]. rewrite pow_O, Rplus_0_l, Rmult_1_r. repeat apply Rmult_lt_0_compat; lra. }
  set (al := fun T => a * Rpower (INR T) (- r)).
  assert (Pal : forall T, 0 < al T) by (intro T; apply Rmult_lt_0_compat; [exact Ha|apply exp_pos]).
  apply (floor_excludes_rates al (fun T => average (fun t => path_expect (fins 2) (fun _ => pair_prob) T
      (fun xi => Rabs (gradient pair_offset f eps A (al T) b1 b2 corrected (pred t) xi))) T)
    eta (/ eps) (B / eps * B * (b1 / (1 - b1)) / eps ^ 2) ((INR 1 - 1) * eta + start_up eps A b1 corrected) (A + 1) (INR (S k) * (B / eps)) Peta) with (k := 1).
  - apply Rinv_0_lt_compat, He.
  - intros T _. apply Pal.
  - apply power_vanishes; lra.
  - apply power_enough; lra.
  - intros T HT. replace (A + 1 + INR (S k) * (B / eps) * al T) with (A + 1 + INR (S k) * (al T * (B / eps))) by ring.
    apply (adam_floor_two_offsets (al T) T 1 k lag_gap (Pal T) HT (le_n 1) Patience). intro j. split; [apply Nonneg|apply Rle_refl].
  - exact Rlt_0_1.
  - exact Hrate.
  - intros T HT. rewrite Rmult_1_l. apply (average_power_mean (S := draws (fins 2) pair_prob T pair_prob_nonneg pair_prob_sum)
      (gradient pair_offset f eps A (al T) b1 b2 corrected) T HT).
Qed.

End TwoOffsets.

(** Whatever beta1, beta2 < 1 and eps: offsets 4 s with probability 1/5 and -s with probability 4/5, for s large enough.
    RMSprop is beta1 = 0 without correction. *)
Theorem adam_with_replacement_no_rate (f : form) (eps b1 b2 s a r rate c : R) (corrected : bool) :
  0 < eps -> 0 <= b1 < 1 -> 0 <= b2 < 1 -> 0 < s ->
  (f = largest -> eps ^ 2 < (1 - b2) * (4 * s) ^ 2) -> 0 < a -> 0 < r < 1 -> 0 < rate ->
  ~ (exists N, forall T, (N <= T)%nat ->
      average (fun t => rpow (path_expect (fins 2) (fun _ => pair_prob (/ 5)) T (fun xi =>
        rpow (Rabs (gradient (pair_offset (4 * s) s (-1)) f eps (4 * s) (a * Rpower (INR T) (- r)) b1 b2 corrected (pred t) xi)) (4 / 3))) (3 / 2)) T
      <= c * Rpower (INR T) (- rate)).
Proof. intros. apply adam_no_rate; auto; lra. Qed.
