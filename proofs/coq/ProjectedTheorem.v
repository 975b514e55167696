(** N3 in textbook form: one dimension, a convex objective on [lo, hi], projected ADOPT. *)
From Coq Require Import Reals Lra Psatz List.
From Coq Require Vectors.Fin.
From ADOPT Require Import FiniteSum Holder Space Paths Spec Projected.
Open Scope R_scope.

Section Projected.
Context {N : nat}.
Variables (f nf : R -> R) (prob : Fin.t N -> R) (oracle : R -> Fin.t N -> R).
Variables (lo hi best start G al b1 b2 e : R) (T : nat).

(** (theta_t, m_t, v_t) *)
Fixpoint projected_iterate (t : nat) (xi : nat -> Fin.t N) : R * R * R :=
  match t with
  | O => (start, 0, oracle start (xi O) ^ 2)
  | S t' =>
      let '(theta, m, v) := projected_iterate t' xi in
      let gt := oracle theta (xi t) in
      let m' := b1 * m + (1 - b1) * (gt / Rmax (sqrt v) e) in
      (project lo hi (theta - al * m'), m', b2 * v + (1 - b2) * gt ^ 2)
  end.
Definition projected_theta (t : nat) (xi : nat -> Fin.t N) : R := fst (fst (projected_iterate t xi)).
Definition projected_gradient (t : nat) (xi : nat -> Fin.t N) : R :=
  match t with O => oracle start (xi O) | S t' => oracle (projected_theta t' xi) (xi t) end.
Definition Expect_of (F : (nat -> Fin.t N) -> R) : R := path_expect (fins N) (fun _ => prob) T F.
(** (E (f(theta_(t-1)) - f_star)^(2/3))^(3/2) *)
Definition projected_measure (t : nat) : R :=
  rpow (Expect_of (fun xi => rpow (f (projected_theta (pred t) xi) - f best) (2 / 3))) (3 / 2).

Theorem spec_adopt_projected_convex :
  (forall k, 0 <= prob k) -> lsum (fins N) prob = 1 ->
  (forall x y, lo <= x <= hi -> lo <= y <= hi -> f x + nf x * (y - x) <= f y) ->
  (forall x, lsum (fins N) (fun k => prob k * oracle x k) = nf x) ->
  lo <= best <= hi -> (forall x, lo <= x <= hi -> f best <= f x) -> lo <= start <= hi ->
  (forall t, (t <= T)%nat -> Expect_of (fun xi => projected_gradient t xi ^ 2) <= G ^ 2) ->
  0 < al -> 0 <= b1 < 1 -> 0 <= b2 <= 1 -> 0 < e -> (1 <= T)%nat ->
  min_1_to projected_measure T <= average projected_measure T /\
  average projected_measure T
  <= sqrt (G ^ 2 + e ^ 2)
     * ((start - best) ^ 2 / (2 * al * INR T)
        + al * (G ^ 2 / e ^ 2) * (/ 2 + b1 / (1 - b1) + (b1 / (1 - b1)) ^ 2 / (2 * INR T))).
Proof.
  intros P0 P1 Hsub HU Hbest Hmin Hstart HG Ha H1 H2 He HT.
  set (Sp := paths (fins N) (fun _ => prob) T (fun _ => P0) (fun _ => P1)).
  assert (E : forall t xi, iterate (S := Sp) lo hi (fun _ => start) projected_gradient al b1 b2 e t xi = projected_iterate t xi).
  { induction t as [|t IH]; intro xi; [reflexivity|]. cbn [iterate projected_iterate]. rewrite IH.
    cbn [projected_gradient]. unfold projected_theta. destruct (projected_iterate t xi) as [[x m] v]. reflexivity. }
  assert (Ms : forall t, measurable (S := Sp) t (projected_theta t)).
  { intro t. apply (measurable_map (S := Sp) t (fun s => fst (fst s))). revert t. apply draws_measurable.
    - intros w w' Ew. simpl. rewrite Ew. reflexivity.
    - intros t w w' E1 E2. cbn [projected_iterate]. rewrite E1, E2. reflexivity. }
  assert (Mg : forall t, measurable (S := Sp) t (projected_gradient t))
    by exact (answer_measurable (fins N) (fun _ => prob) T _ _ projected_theta (oracle start) oracle Ms).
  assert (Th : forall t xi, th (S := Sp) lo hi (fun _ => start) projected_gradient al b1 b2 e t xi = projected_theta t xi)
    by (intros; unfold th; rewrite E; reflexivity).
  pose proof (process_adopt_projected_convex (S := Sp) f nf lo hi best (fun _ => start) projected_gradient G al b1 b2 e T
    Hsub Hbest Hmin (fun _ => Hstart) (measurable_const (S := Sp) O start) Mg) as B.
  assert (HU' : forall n, (n < T)%nat -> forall w, cond (s := Sp) n (projected_gradient (S n)) w
    = nf (th (S := Sp) lo hi (fun _ => start) projected_gradient al b1 b2 e n w)).
  { intros n Hn w. rewrite Th, <- HU.
    exact (cond_answer (fins N) (fun _ => prob) T _ _ n (projected_theta n) oracle w Hn (Ms n)). }
  specialize (B HU' HG Ha H1 H2 He HT).
  assert (Em : value_of (S := Sp) f lo hi best (fun _ => start) projected_gradient al b1 b2 e = projected_measure).
  { apply FunctionalExtensionality.functional_extensionality; intro t. unfold value_of, projected_measure. f_equal.
    apply (expect_ext (S := Sp)); intro w. rewrite Th. reflexivity. }
  rewrite Em in B. rewrite (expect_const (S := Sp) ((start - best) ^ 2)) in B. exact B.
Qed.

End Projected.

(** Non-vacuity: f(x) = |x| + x/2 on [-1, 1] with +-1 noise on its subgradient. *)
Definition kink (x : R) : R := Rabs x + x / 2.
Definition kink_subgradient (x : R) : R := (if Rle_dec 0 x then 1 else -1) + / 2.
Definition kink_oracle (x : R) (k : Fin.t 2) : R :=
  kink_subgradient x + match proj1_sig (Fin.to_nat k) with O => 1 | _ => -1 end.

Lemma kink_oracle_range x k : kink_oracle x k ^ 2 <= 3 ^ 2.
Proof.
  rewrite <- (pow2_abs (kink_oracle x k)). apply pow_incr. split; [apply Rabs_pos|]. apply Rabs_le.
  unfold kink_oracle, kink_subgradient. destruct (Rle_dec 0 x), (proj1_sig (Fin.to_nat k)); lra.
Qed.

Theorem witness_adopt_projected_convex T : (1 <= T)%nat ->
  average (projected_measure kink (fun _ => / 2) kink_oracle (-1) 1 0 1 (/ 10) (9 / 10) (/ 10) 1 T) T
  <= sqrt (3 ^ 2 + 1 ^ 2) * ((1 - 0) ^ 2 / (2 * (/ 10) * INR T)
       + / 10 * (3 ^ 2 / 1 ^ 2) * (/ 2 + 9 / 10 / (1 - 9 / 10) + (9 / 10 / (1 - 9 / 10)) ^ 2 / (2 * INR T))).
Proof.
  intro HT. apply (spec_adopt_projected_convex kink kink_subgradient); try lra; try exact HT.
  - intros _. lra.
  - simpl. lra.
  - intros x y Hx Hy. unfold kink, kink_subgradient, Rabs.
    destruct (Rle_dec 0 x), (Rcase_abs x), (Rcase_abs y); lra.
  - intro x. simpl. unfold kink_oracle; simpl. lra.
  - intros x Hx. unfold kink, Rabs. destruct (Rcase_abs 0), (Rcase_abs x); lra.
  - intros t _. set (p := fun _ : Fin.t 2 => / 2).
    assert (P0 : forall k, 0 <= p k) by (intro; unfold p; lra). assert (P1 : lsum (fins 2) p = 1) by (unfold p; simpl; lra).
    apply Rle_trans with (path_expect (fins 2) (fun _ => p) T (fun _ => 3 ^ 2)).
    + apply (expect_le (paths (fins 2) (fun _ => p) T (fun _ => P0) (fun _ => P1))). intros w. destruct t; apply kink_oracle_range.
    + right. apply (expect_const (S := paths (fins 2) (fun _ => p) T (fun _ => P0) (fun _ => P1))).
Qed.
