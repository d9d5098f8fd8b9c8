// pliant/render/decisions.cpp — the decision function and the T-conorm on collected pairs (no
// torch)
#include "pliant/render/decisions.h"

namespace pliant::render {

template <class T>
void Decisions<T>::decide(const Pairs<T>& pairs, const Wanted& wanted) {
  const bool sides = wanted.p || !logarithms_;
  math::decide<T>(coverage_.distribution, pairs.distance.data(), pairs.count,
                  {.p = sides ? p_.data() : nullptr,
                   .tail = sides ? tail_.data() : nullptr,
                   .density = wanted.density ? density_.data() : nullptr,
                   .log_tail = log_tail_.data()});
}

template <class T>
const T* Decisions<T>::terms(const Pairs<T>& pairs) {
  math::terms<T>(coverage_.t_norm, members(), pairs.count, terms_.data());
  return terms_.data();
}

template <class T>
T* Decisions<T>::slopes(const Pairs<T>& pairs, const T* folded) {
  gather(pairs, folded, gathered_.data());
  math::slopes<T>(coverage_.t_norm, members(), gathered_.data(), pairs.count, slopes_.data());
  return slopes_.data();
}

template <class T>
void keep_first(const Pairs<T>& pairs, std::array<bool, kTilePixels>& taken, T* slopes) {
  for (std::size_t i = 0; i < pairs.count; ++i) {
    if (slopes[i] == 0) continue;
    bool& used = taken[static_cast<std::size_t>(pairs.pixel[i])];
    if (used) slopes[i] = 0;
    used = true;
  }
}

template void keep_first(const Pairs<float>&, std::array<bool, kTilePixels>&, float*);
template void keep_first(const Pairs<double>&, std::array<bool, kTilePixels>&, double*);
template class Decisions<float>;
template class Decisions<double>;

}  // namespace pliant::render
