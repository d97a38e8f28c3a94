// The gimbal model as it stands. Lengths in world units, pixels in pixels; T frames, K joints, C cameras, S states.
functions {
  // x (N x 3) as unit vectors.
  matrix unit(matrix x) {
    return diag_pre_multiply(inv_sqrt(rows_dot_self(x) + 1e-8), x);
  }
}
data {
  int<lower=2> T;
  int<lower=2> K;
  int<lower=1> C;
  int<lower=1> S;
  int<lower=0, upper=1> use_mixture;
  int<lower=0, upper=1> use_hmm;
  array[K] int<lower=0> parents;  // 0 for the root, which is joint 1; parents come before their children
  array[C] matrix[3, 3] rotation;  // transposed: applied to rows
  array[C] row_vector[3] shift;
  // Where each joint was seen by each camera, and the pixels there.
  array[K, C] int<lower=0, upper=T> n_seen;
  array[K, C, T] int<lower=0, upper=T> seen;
  array[K, C] matrix[T, 2] pixels;
  vector[3] first_root;
  real outlier;  // log density of an outlier
  vector[2] eta2_root_prior;  // shape and rate
  array[K - 1] vector[2] rho_prior;
  array[K - 1] vector[2] sigma2_prior;
  vector[2] obs_sigma_prior;
}
transformed data {
  vector[K - 1] rho_shape = to_vector(rho_prior[, 1]);
  vector[K - 1] rho_rate = to_vector(rho_prior[, 2]);
  vector[K - 1] sigma2_shape = to_vector(sigma2_prior[, 1]);
  vector[K - 1] sigma2_rate = to_vector(sigma2_prior[, 2]);
  int n_chain = use_hmm && S > 1 ? S : 0;
}
parameters {
  real<lower=0> eta2_root;
  vector[3] x0_root;
  matrix[T - 1, 3] eps_root;
  array[K - 1] matrix[T, 3] raw_u;
  vector<lower=0>[K - 1] rho;
  vector<lower=0>[K - 1] sigma2;
  matrix[T, K - 1] length;
  real<lower=0> obs_sigma;
  array[use_mixture] real logodds_inlier;
  array[use_hmm ? S : 0] matrix[K, 3] dir_hmm_mu_raw;
  matrix<lower=0>[use_hmm ? S : 0, use_hmm ? K : 0] dir_hmm_kappa;
  vector[n_chain] init_logits;
  matrix[n_chain, n_chain] trans_logits;
}
model {
  array[K] matrix[T, 3] x;
  array[K - 1] matrix[T, 3] u;
  vector[K * C] log_obs;

  target += gamma_lpdf(eta2_root | eta2_root_prior[1], eta2_root_prior[2]);
  target += gamma_lpdf(rho | rho_shape, rho_rate);
  target += gamma_lpdf(sigma2 | sigma2_shape, sigma2_rate);
  target += gamma_lpdf(obs_sigma | obs_sigma_prior[1], obs_sigma_prior[2]);
  target += normal_lpdf(x0_root | first_root, 1);
  target += normal_lpdf(to_vector(eps_root) | 0, sqrt(eta2_root));
  for (i in 1 : 3)
    x[1][ : , i] = cumulative_sum(append_row(x0_root[i], eps_root[ : , i]));
  for (k in 2 : K) {
    target += std_normal_lpdf(to_vector(raw_u[k - 1]));
    target += normal_lpdf(length[ : , k - 1] | rho[k - 1], sqrt(sigma2[k - 1]));
    u[k - 1] = unit(raw_u[k - 1]);
    x[k] = x[parents[k]] + diag_pre_multiply(length[ : , k - 1], u[k - 1]);
  }
  if (use_mixture)
    target += normal_lpdf(logodds_inlier[1] | 0, 5);

  for (k in 1 : K) {
    for (c in 1 : C) {
      int n = n_seen[k, c];
      matrix[T, 3] h = x[k] * rotation[c] + rep_matrix(shift[c], T);
      matrix[T, 2] predicted = diag_pre_multiply(inv(fmax(h[ : , 3], 1e-6)), h[ : , 1 : 2]);
      matrix[n, 2] residual = (pixels[k, c] - predicted)[seen[k, c, 1 : n]];
      vector[n] terms = -rows_dot_self(residual) / (2 * square(obs_sigma)) - 2 * log(obs_sigma) - log(2 * pi());
      if (use_mixture)
        terms = log_sum_exp(terms + log_inv_logit(logodds_inlier[1]),
                            rep_vector(outlier + log1m_inv_logit(logodds_inlier[1]), n));
      log_obs[(k - 1) * C + c] = sum(terms);
    }
  }
  target += sum(log_obs);

  if (use_hmm) {
    matrix[S, T] agreement = rep_matrix(0, S, T);
    array[S] matrix[K, 3] mu;
    for (s in 1 : S) {
      target += std_normal_lpdf(to_vector(dir_hmm_mu_raw[s]));
      mu[s] = unit(dir_hmm_mu_raw[s]);
      for (k in 2 : K)
        agreement[s] += (u[k - 1] * (dir_hmm_kappa[s, k] * mu[s][k])')';
    }
    // The density of a half-normal: twice that of a normal.
    target += normal_lpdf(to_vector(dir_hmm_kappa) | 0, 5) + S * K * log2();
    target += sum(log_obs);  // the pixels once more, in every state alike
    if (S == 1) {
      target += sum(agreement);
    } else {
      matrix[S, S] transition;
      for (s in 1 : S)
        transition[s] = softmax(trans_logits[s]')';
      target += std_normal_lpdf(init_logits);
      target += std_normal_lpdf(to_vector(trans_logits));
      target += hmm_marginal(agreement, transition, softmax(init_logits));
    }
  }
}
