// pliant/render/objects.cpp — recognisable objects of simple parts, as data that everybody has
#include "pliant/render/objects.h"

#include <array>
#include <optional>
#include <utility>

#include "pliant/base/random.h"
#include "pliant/base/type_list.h"
#include "pliant/render/parts.h"

namespace pliant::render {
namespace {

constexpr int kSegments = 24;

/// Where proportions come from: a stream of random numbers, or none for the middle of each range.
class Proportions {
 public:
  Proportions() = default;
  explicit Proportions(base::Random random) : random_(random) {}
  double operator()(double low, double high) {
    return low + (high - low) * (random_ ? random_->uniform() : 0.5);
  }

 private:
  std::optional<base::Random> random_;
};

using Parts = std::vector<TriangleMesh>;

constexpr std::array<double, 2> kSides = {-1, 1};

struct Airplane {
  static constexpr std::string_view name = "airplane";
  static Parts parts(Proportions& of) {
    const double width = of(0.045, 0.075);
    const double span = of(0.38, 0.56);
    const double sweep = of(0.02, 0.22);
    const double chord = of(0.07, 0.12);
    const double wing = of(-0.1, 0.06);
    const double fin = of(0.13, 0.22);
    const double engine = of(0.022, 0.036);
    Parts all = {limb({0, 0, -0.46}, {0, 0.02, 0.4}, width, 0.55 * width),
                 limb({0, 0, 0}, {0, 0.035, 0.5}, width, 0.2 * width),
                 bar({0, 0.02, 0.4}, {0, fin, 0.49}, 1, {0.065, 0.008}, {0.03, 0.005})};
    for (const double s : kSides) {
      all.push_back(bar({s * 0.01, -0.02, wing}, {s * span, 0.02, wing + sweep}, 0, {0.014, chord},
                        {0.007, 0.4 * chord}));
      all.push_back(bar({s * 0.01, 0.035, 0.42}, {s * 0.36 * span, 0.05, 0.42 + 0.4 * sweep}, 0,
                        {0.008, 0.45 * chord}, {0.005, 0.25 * chord}));
      const double place = 0.36 * span;
      const double front = wing + 0.36 * sweep - 0.8 * chord;
      all.push_back(
          limb({s * place, -0.05, front}, {s * place, -0.05, front + 0.11}, engine, 0.8 * engine));
    }
    return all;
  }
};

struct Blob {
  static constexpr std::string_view name = "blob";
  static Parts parts(Proportions& of) {
    std::array<double, 8> coefficients{};
    for (double& c : coefficients) c = of(-0.3, 0.4);
    return {blob(coefficients)};
  }
};

struct Boat {
  static constexpr std::string_view name = "boat";
  static Parts parts(Proportions& of) {
    const double width = of(0.1, 0.17);
    const double height = of(0.08, 0.14);
    const double keel = of(0.3, 0.6);
    const double cabin = of(0.08, 0.2);
    const double mast = of(0.25, 0.5);
    const double place = of(-0.05, 0.15);
    return {bar({0, 0, 0.02}, {0, height, 0}, 1, {0.75 * 0.4, keel * width}, {0.4, width}),
            bar({0, 0.6 * height, -0.28}, {0, 0.4 * height, -0.52}, 2, {0.8 * width, 0.04},
                {0.01, 0.01}),
            block({0, height + 0.5 * cabin, place}, {1.1 * width, cabin, 0.26}),
            limb({0, height, place - 0.05}, {0, height + mast, place - 0.05}, 0.016, 0.01)};
  }
};

struct Capsule {
  static constexpr std::string_view name = "capsule";
  static Parts parts(Proportions& of) {
    const double length = of(0.2, 0.9);
    const Point end = {of(-0.2, 0.4), 0.5 * length, of(-0.2, 0.4)};
    const double below = of(0.15, 0.4);
    return {limb({0, -0.5 * length, 0}, end, below, of(0.15, 0.3))};
  }
};

struct Car {
  static constexpr std::string_view name = "car";
  static Parts parts(Proportions& of) {
    const double width = of(0.18, 0.24);
    const double height = of(0.07, 0.1);
    const double roof = of(0.08, 0.14);
    const double cabin = of(0.2, 0.32);
    const double place = of(-0.02, 0.12);
    const double wheel = of(0.065, 0.09);
    const double base = of(0.26, 0.33);
    Parts all = {superquadric({0, 0, 0}, {width, height, 0.5}, 0.4, 0.4),
                 superquadric({0, height, place}, {0.85 * width, roof, cabin}, 0.6, 0.5)};
    for (const double s : kSides) {
      for (const double z : {-base, base}) {
        all.push_back(ellipsoid({s * 0.85 * width, -height, z}, {0.045, wheel, wheel}));
      }
    }
    return all;
  }
};

struct Chair {
  static constexpr std::string_view name = "chair";
  static Parts parts(Proportions& of) {
    const double width = of(0.2, 0.27);
    const double depth = of(0.2, 0.27);
    const double leg = of(0.015, 0.035);
    const double height = of(0.35, 0.5);
    const double back = of(0.35, 0.6);
    const double lean = of(0, 0.12);
    Parts all = {block({0, 0, 0}, {2 * width, 0.05, 2 * depth}),
                 bar({0, 0, depth - 0.025}, {0, back, depth - 0.025 + lean}, 1, {0.025, width},
                     {0.02, 0.95 * width})};
    for (const double x : kSides) {
      for (const double z : kSides) {
        const double px = x * (width - leg);
        const double pz = z * (depth - leg);
        all.push_back(bar({px, -height, pz}, {px, 0, pz}, 1, {leg, leg}, {leg, leg}));
      }
    }
    return all;
  }
};

struct Cow {
  static constexpr std::string_view name = "cow";
  static Parts parts(Proportions& of) {
    const double body = of(0.13, 0.19);
    const double leg = of(0.24, 0.36);
    const double thick = of(0.026, 0.042);
    const double neck = of(0.1, 0.24);
    const double horn = of(0.05, 0.1);
    const double length = of(0.2, 0.28);
    const double head = 0.1 + neck;
    const double muzzle = -length - 0.29;
    Parts all = {
        limb({0, 0, -length}, {0, 0.01, length}, body, 1.04 * body),
        ellipsoid({0, -0.35 * body, 0}, {0.95 * body, 0.85 * body, 0.8 * length}),
        limb({0, 0.05, -length}, {0, head, -length - 0.13}, 0.6 * body, 0.08),
        limb({0, head, -length - 0.13}, {0, head - 0.07, muzzle}, 0.082, 0.055),
        limb({0, 0.5 * body, length + 0.8 * body}, {0, -0.1, length + 1.15 * body}, 0.016, 0.016),
        ellipsoid({0, -0.14, length + 1.17 * body}, {0.026, 0.05, 0.026}),
        ellipsoid({0, -body, 0.6 * length}, {0.07, 0.06, 0.075})};
    for (const double s : kSides) {
      const double temple = -length - 0.11;
      all.push_back(ellipsoid({s * 0.105, head + 0.035, temple}, {0.055, 0.022, 0.028}));
      all.push_back(limb({s * 0.04, head + 0.06, temple},
                         {s * (0.04 + 0.6 * horn), head + 0.07 + horn, temple - 0.02}, 0.018,
                         0.007));
      for (const double z : kSides) {
        all.push_back(limb({s * 0.6 * body, -0.3 * body, z * 0.95 * length},
                           {s * 0.6 * body, -0.6 * body - leg, z * 0.95 * length}, 1.7 * thick,
                           thick));
      }
    }
    return all;
  }
};

struct Lamp {
  static constexpr std::string_view name = "lamp";
  static Parts parts(Proportions& of) {
    const double foot = of(0.1, 0.2);
    const double pole = of(0.012, 0.03);
    const double shade = of(0.6, 0.8);
    const double below = of(0.16, 0.3);
    const double above = of(0.06, 0.16);
    return {
        lathe({{0, foot}, {0.03, foot}, {0.06, pole}, {shade, pole}, {shade, below}, {1, above}},
              kSegments)};
  }
};

struct Sofa {
  static constexpr std::string_view name = "sofa";
  static Parts parts(Proportions& of) {
    const double depth = of(0.16, 0.24);
    const double seat = of(0.12, 0.2);
    const double back = of(0.3, 0.42);
    const double arm = of(0.2, 0.3);
    const double thick = of(0.04, 0.09);
    Parts all = {block({0, 0.5 * seat, 0}, {1, seat, 2 * depth}),
                 bar({0, 0, depth - 0.06}, {0, back, depth - 0.02}, 1, {0.06, 0.5}, {0.04, 0.5})};
    for (const double s : kSides)
      all.push_back(block({s * (0.5 - thick), 0.5 * arm, 0}, {2 * thick, arm, 2 * depth}));
    return all;
  }
};

struct Superquadric {
  static constexpr std::string_view name = "superquadric";
  static Parts parts(Proportions& of) {
    const Point radii = {of(0.25, 0.6), of(0.25, 0.7), of(0.25, 0.6)};
    const double height = of(0.25, 1.8);
    return {superquadric({0, 0, 0}, radii, height, of(0.25, 1.8))};
  }
};

struct Table {
  static constexpr std::string_view name = "table";
  static Parts parts(Proportions& of) {
    const double width = of(0.3, 0.5);
    const double depth = of(0.2, 0.4);
    const double height = of(0.3, 0.55);
    const double thick = of(0.03, 0.07);
    const double leg = of(0.018, 0.045);
    Parts all = {block({0, 0, 0}, {2 * width, thick, 2 * depth})};
    for (const double x : kSides) {
      for (const double z : kSides) {
        const double px = x * (width - 2 * leg);
        const double pz = z * (depth - 2 * leg);
        all.push_back(bar({px, -height, pz}, {px, 0, pz}, 1, {0.7 * leg, 0.7 * leg}, {leg, leg}));
      }
    }
    return all;
  }
};

using Families =
    base::TypeList<Airplane, Blob, Boat, Capsule, Car, Chair, Cow, Lamp, Sofa, Superquadric, Table>;

TriangleMesh object(int family, Proportions of) {
  Parts parts;
  base::visit(Families{}, family, [&](auto kind) { parts = kind.parts(of); });
  return fitted(joined(parts), 1);
}

}  // namespace

std::vector<std::string_view> object_families() {
  const auto all = base::names(Families{});
  return {all.begin(), all.end()};
}

TriangleMesh make_object(std::string_view family) {
  return object(base::index_of(Families{}, family, "family of objects"), Proportions());
}

TriangleMesh draw_object(std::string_view family, std::uint64_t seed, std::uint64_t index) {
  const int kind = base::index_of(Families{}, family, "family of objects");
  return object(kind, Proportions(base::Random(seed, static_cast<std::uint64_t>(kind), index)));
}

}  // namespace pliant::render
