(** The refutation of ADOPT without replacement in the words of [Spec.v]: its own
    [adopt_iterate], fed with the components of a fresh permutation in every epoch. *)
From Coq Require Import Reals Lra Psatz List FunctionalExtensionality.
From Coq Require Vectors.Fin.
From ADOPT Require Import FiniteSum Vector Holder Paths Spec Witness Floor FloorNormaliser FloorReshuffled FloorThreeComponents FloorRefutation.
Import ListNotations.
Open Scope R_scope.

(** The six orders of three components. *)
Inductive permutation := p012 | p021 | p102 | p120 | p201 | p210.
Definition permutations : list permutation := [p012; p021; p102; p120; p201; p210].
Definition component (k : permutation) (i : nat) : Fin.t 3 :=
  let c0 := Fin.F1 in let c1 := Fin.FS Fin.F1 in let c2 := Fin.FS (Fin.FS Fin.F1) in
  match k, i with
  | p012, O | p021, O | p102, 1%nat | p201, 1%nat | p120, 2%nat | p210, 2%nat => c0
  | p102, O | p120, O | p012, 1%nat | p210, 1%nat | p021, 2%nat | p201, 2%nat => c1
  | p201, O | p210, O | p021, 1%nat | p120, 1%nat | p012, 2%nat | p102, 2%nat => c2
  | _, _ => c0
  end.

(** Every order has each component once. *)
Lemma component_permutes k c : exists i, (i < 3)%nat /\ component k i = c.
Proof.
  assert (A : c = Fin.F1 \/ c = Fin.FS Fin.F1 \/ c = Fin.FS (Fin.FS Fin.F1)).
  { pose proof (fins_all 3 c) as H. simpl in H. destruct H as [H|[H|[H|[]]]]; subst; auto. }
  destruct k; destruct A as [-> | [-> | ->]];
    first [exists 0%nat; split; [lia|reflexivity] | exists 1%nat; split; [lia|reflexivity] | exists 2%nat; split; [lia|reflexivity]].
Qed.

(** The symbols of a run: g_t is at place t mod 3 of epoch t / 3. *)
Definition dealt (xi : nat -> permutation) (t : nat) : Fin.t 3 := component (xi (t / 3)%nat) (t mod 3).
(** The mean over the orders of the epochs that T steps meet, all equally likely. *)
Definition mean_over_orders (T : nat) (F : (nat -> permutation) -> R) : R := path_expect permutations (fun _ _ => / 6) (T / 3) F.

Section Instance.
Variable s : R.
Hypothesis Hs : 0 < s.
Notation X := (2 * s).

Definition uniform (c : Fin.t 3) : R := / 3.
Definition component_offset (c : Fin.t 3) : R := match proj1_sig (Fin.to_nat c) with O => 2 * s | _ => - s end.
Notation Q := (huber_model X uniform component_offset).

Definition offset_of (k : permutation) (i : nat) : R := component_offset (component k i).
Definition sixth (k : permutation) : R := / 6.
Definition start_of (k : permutation) : R := (slope (X + 1) 1 + offset_of k 0) ^ 2.

Lemma component_bound c : Rabs (component_offset c) <= X.
Proof. apply abs_bounds. unfold component_offset. destruct (proj1_sig (Fin.to_nat c)); lra. Qed.

Lemma component_mean : lsum (fins 3) (fun c => uniform c * component_offset c) = 0.
Proof. unfold uniform, component_offset. simpl. field. Qed.

Lemma uniform_sum : lsum (fins 3) uniform = 1.
Proof. unfold uniform. simpl. field. Qed.

Lemma sixth_sum : lsum permutations sixth = 1.
Proof. unfold sixth. simpl. field. Qed.

Lemma start_of_range k : 0 <= start_of k <= largest_gradient X ^ 2.
Proof.
  split; [apply pow2_ge_0|]. unfold start_of. rewrite <- pow2_abs. apply pow_incr. split; [apply Rabs_pos|].
  eapply Rle_trans; [apply Rabs_triang|]. pose proof (component_bound (component k 0)). pose proof (slope_bound (X + 1) 1 ltac:(lra)).
  unfold largest_gradient, offset_of. lra.
Qed.

(** Six orders of three components, two of them alike, are the three of [FloorThreeComponents.v] twice. *)
Lemma same_drift f e b2 v : epoch_drift permutations sixth 3 offset_of false f e b2 v = epoch_drift places third 3 (offset s) false f e b2 v.
Proof.
  unfold epoch_drift, permutations, places, sixth, third, frozen_direction, offset_of, component_offset. simpl. unfold Rdiv. lra.
Qed.

Variables (e al b1 b2 : R).

Lemma adopt_coordinate t xi :
  let '(x, m, v) := adopt_iterate Q (fun _ => al) b1 b2 e t (dealt xi) in
  (x i0, m i0, v i0) = run 3 offset_of start_of false 0 largest e X al b1 b2 t xi.
Proof.
  induction t as [|t IH]; [reflexivity|]. cbn [adopt_iterate run].
  destruct (adopt_iterate Q (fun _ => al) b1 b2 e t (dealt xi)) as [[x m] v]. rewrite <- IH.
  unfold deal, offset_of. rewrite !Nat.add_0_r. reflexivity.
Qed.

Lemma adopt_theta_coordinate t xi : theta_of (adopt_iterate Q (fun _ => al) b1 b2 e) t (dealt xi) i0
  = theta 3 offset_of start_of false 0 largest e X al b1 b2 t xi.
Proof.
  unfold theta_of, theta. pose proof (adopt_coordinate t xi) as E. destruct (adopt_iterate Q (fun _ => al) b1 b2 e t (dealt xi)) as [[x m] v].
  rewrite <- E. reflexivity.
Qed.

End Instance.

(** For every beta1, beta2 < 1 and eps > 0 there are three components, each 1-smooth, unbiased when drawn by themselves, with bounded
    gradients and variance, Polyak-Lojasiewicz along the runs, such that at alpha = a / T^r ADOPT without replacement has an average
    measure that is not O(1/T^rate), for any a > 0, 0 < r < 1 and rate > 0. *)
Theorem adopt_without_replacement_refuted (e b1 b2 : R) : 0 < e -> 0 <= b1 < 1 -> 0 <= b2 < 1 ->
  exists (G sigma : R) (Q : model 1 3),
    standing Q 1 0 /\ unbiased_oracle Q /\ (forall c, prob Q c = / 3) /\
    (forall X T, bounded_gradients Q X T G /\ bounded_variance Q X T sigma) /\
    forall a r, 0 < a -> 0 < r < 1 ->
      let X := fun T t xi => theta_of (adopt_iterate Q (fun _ => a * Rpower (INR T) (- r)) b1 b2 e) t (dealt xi) in
      (exists mu, 0 < mu /\ forall T t xi, (1 <= T)%nat -> 2 * mu * (obj Q (X T t xi) - 0) <= norm (fins 1) (grad Q (X T t xi)) ^ 2) /\
      forall rate c, 0 < rate -> ~ (exists n, forall T, (n <= T)%nat ->
        average (fun t => rpow (mean_over_orders T (fun xi => rpow (norm (fins 1) (grad Q (X T (pred t) xi))) (4 / 3))) (3 / 2)) T
        <= c * Rpower (INR T) (- rate)).
Proof.
  intros He Hb1 Hb2. set (s := e / (1 - b2)). assert (Ps : 0 < s) by (apply Rdiv_lt_0_compat; lra).
  assert (Es : s * (1 - b2) = e) by (unfold s; field; lra).
  assert (Visible : e ^ 2 < (1 - b2) * (2 * s) ^ 2).
  { assert (e <= s) by nra. replace ((1 - b2) * (2 * s) ^ 2) with (4 * (s * (1 - b2)) * s) by ring. rewrite Es. nra. }
  set (U := largest_gradient (2 * s) / e). assert (PB : 0 < largest_gradient (2 * s)) by (unfold largest_gradient; lra).
  assert (PU : 0 < U) by (apply Rdiv_lt_0_compat; lra).
  assert (Six : forall k, 0 <= sixth k) by (intro; unfold sixth; lra).
  assert (Off : forall k i, Rabs (offset_of s k i) <= 2 * s) by (intros; apply component_bound, Ps).
  assert (P0 : forall c, 0 <= uniform c) by (intro; unfold uniform; lra).
  exists (FloorAdam.B (2 * s)), (2 * s), (huber_model (2 * s) uniform (component_offset s)).
  split; [apply huber_standing; solve [lra | exact P0 | apply uniform_sum]|].
  split; [|split; [intro; reflexivity|split; [intros X T; split|intros a r Ha Hr X; split]]].
  - apply huber_unbiased; [apply uniform_sum|apply component_mean].
  - apply huber_bounded_gradients; [lra|intro; apply component_bound, Ps].
  - apply huber_bounded_variance; try exact P0; try apply uniform_sum. intro; apply component_bound, Ps.
  - set (sm := / (largest_gradient (2 * s) + e)). assert (Psm : 0 < sm) by (apply Rinv_0_lt_compat; lra).
    destruct (power_below_any b1 (sm / (U + sm)) Hb1 ltac:(apply Rdiv_lt_0_compat; lra)) as [k Hk].
    assert (Patience : b1 ^ k * (U + sm) <= sm).
    { apply Rmult_le_compat_r with (r := U + sm) in Hk; [|lra]. replace (sm / (U + sm) * (U + sm)) with sm in Hk by (field; lra). exact Hk. }
    set (reach := 2 * s + 1 + INR (S k) * (a * U)). pose proof (pos_INR (S k)) as K0.
    assert (Hreach : 2 * s + 1 <= reach).
    { assert (0 <= INR (S k) * (a * U)) by (apply Rmult_le_pos; [exact K0|apply Rmult_le_pos; lra]). unfold reach. lra. }
    exists ((2 * s + 1) / (2 * (2 * reach - (2 * s + 1)))). split; [apply Rdiv_lt_0_compat; lra|].
    intros T t xi HT. pose proof (power_at_most_one T r HT ltac:(lra)) as Pw. rewrite norm_1, pow2_abs, Rminus_0_r. cbn [obj grad huber_model].
    unfold X. rewrite adopt_theta_coordinate. apply huber_polyak_lojasiewicz; [lra|exact Hreach|].
    eapply Rle_trans; [apply (dealt_confined permutations sixth 3 (offset_of s) (start_of s) false 0 largest e (2 * s) (a * Rpower (INR T) (- r)) b1 b2
      sixth_sum Off (start_of_range s Ps) He ltac:(apply Rmult_lt_0_compat; lra) Hb1 Hb2 k Patience)|].
    unfold reach. apply Rplus_le_compat_l, Rmult_le_compat_l; [exact K0|]. fold U. apply Rmult_le_compat_r; [lra|]. nra.
  - intros rate c Hrate [n Hn].
    assert (Least : 0 < s * least_gap s e b2 largest / 9).
    { pose proof (least_gap_pos s e b2 largest Ps He Hb2 (fun _ => Visible)) as L. pose proof (Rmult_lt_0_compat _ _ Ps L). lra. }
    apply (dealt_no_rate permutations sixth 3 (offset_of s) (start_of s) false 0 largest e (2 * s) b1 b2 1 (s * least_gap s e b2 largest / 9) a r
      Six sixth_sum ltac:(lia) ltac:(lia) Off (start_of_range s Ps) He Hb1 Hb2 (or_introl eq_refl) Least) with (rate := rate) (c := c).
    + intros v Hv. rewrite same_drift. apply adopt_drift; assumption.
    + assumption.
    + assumption.
    + assumption.
    + exists n. intros T HT. eapply Rle_trans; [|exact (Hn T HT)]. right. unfold average, sum_1_to. f_equal. apply nsum_ext; intros j _.
      do 2 f_equal. unfold mean_of, mean_over_orders, epochs. rewrite Nat.add_0_r. f_equal.
      apply functional_extensionality; intro xi. rewrite norm_1. cbn [grad huber_model]. unfold X. rewrite adopt_theta_coordinate. reflexivity.
Qed.
