/**
 * What is true of the 80 things, in the words of the course: written by hand, one line a thing. Where a thing comes in
 * many sorts, the value is the usual one, and the sentences made from it say "usually" (colours) or keep to what holds of all
 * sorts. A dash leaves a value open.
 */
import { things, type ThingKind } from "../../lib/scenes";

export type Relation =
  | "definition" | "home" | "food" | "colour" | "part" | "legs" | "ability" | "young" | "origin" | "taste" | "group"
  | "travels" | "carries" | "wheels" | "driver" | "use" | "material" | "user" | "grows" | "needs" | "seen" | "effect"; // prettier-ignore

export type Fact = { thing: string; relation: Relation; value: string };

type Table = { columns: readonly Relation[]; rows: string };

const tables: Record<ThingKind, Table> = {
  animal: {
    columns: ["definition", "home", "food", "colour", "part", "legs", "ability", "young"],
    rows: `
cat: a small furry pet that purrs | in homes with people | fish and mice | - | whiskers | four | climb | a kitten
dog: a loyal pet that barks | in homes with people | meat | - | a tail that wags | four | guard a house | a puppy
rabbit: a small animal with long ears that hops | in burrows | grass | - | long ears | four | hop | a kit
fox: a wild animal like a small dog with a bushy tail | in the woods | mice and berries | orange | a bushy tail | four | hunt at night | a cub
bear: a big strong animal with thick fur | in the forest | berries and fish | brown | thick fur | four | smell food from far away | a cub
panda: a black and white bear from China | in bamboo forests | bamboo | black and white | round black ears | four | climb | a cub
lion: a big wild cat that roars | on grassy plains | meat | - | sharp claws | four | roar | a cub
cow: a farm animal that gives milk | on a farm | grass | - | an udder | four | give milk | a calf
pig: a farm animal with a snout | on a farm | grain and roots | pink | a snout | four | roll in mud | a piglet
frog: a small animal that jumps and croaks | by ponds | insects | green | a sticky tongue | four | croak | a tadpole
monkey: a clever animal that swings through trees | in the jungle | fruit | brown | clever hands | - | swing from branches | -
penguin: a bird that swims and cannot fly | on cold coasts | fish | black and white | flippers | two | swim | a chick
owl: a bird that hunts at night | in trees | mice | brown | big round eyes | two | see in the dark | an owlet
duck: a water bird that quacks | on ponds | water plants | - | webbed feet | two | quack | a duckling
turtle: a slow animal with a hard shell | near water | plants and small animals | green | a hard shell | four | live very long | a hatchling
fish: an animal with gills and fins | in water | small water animals | - | fins | no legs | breathe under water | a fry
octopus: a sea animal with eight arms | in the sea | crabs | - | eight arms | - | squirt ink | -
crab: a sea animal with claws that walks sideways | on the seashore | algae and worms | - | two claws | ten | walk sideways | -
whale: a huge sea animal that breathes air | in the ocean | krill and fish | - | a blowhole | no legs | dive deep | a calf
snail: a tiny animal that carries its house on its back | in gardens | leaves | - | a spiral shell | no legs | leave a trail of slime | -
butterfly: an insect with big bright wings | in meadows | nectar | - | four wings | six | fly from flower to flower | a caterpillar
bee: an insect that makes honey | in a hive | nectar and pollen | black and yellow | a sting | six | make honey | a larva
snake: a long animal without legs | under rocks and in grass | mice and frogs | - | a forked tongue | no legs | shed its skin | -
elephant: the biggest animal on land | on grassy plains | grass and leaves | grey | a trunk | four | spray water | a calf`,
  },
  food: {
    columns: ["definition", "origin", "taste", "colour", "part", "group"],
    rows: `
apple: a round fruit with a core | on a tree | sweet | red | a core | fruit
banana: a long curved fruit with a peel | on a tall plant | sweet | yellow | a peel | fruit
grapes: small round fruits in a bunch | on a vine | sweet | purple | - | fruit
strawberry: a soft red fruit with tiny seeds on its skin | close to the ground | sweet | red | tiny seeds | fruit
cherries: small red fruits with a stone inside | on a tree | sweet | red | a stone | fruit
lemon: a sour yellow fruit | on a tree | sour | yellow | a thick skin | fruit
pineapple: a prickly fruit with a crown of leaves | close to the ground | sweet | - | a crown of leaves | fruit
watermelon: a big heavy fruit that is red inside | on a vine | sweet | green | black seeds | fruit
carrot: a long orange root | under the ground | sweet | orange | a leafy top | vegetable
corn: yellow grains on a cob | on a tall stalk | sweet | yellow | a cob | -
eggplant: a big purple vegetable | on a bush | bitter | purple | a green cap | vegetable
mushroom: a fungus with a cap and a stem | in damp woods | earthy | - | a cap | fungus
cheese: a food made from milk | from milk | salty | yellow | a rind | -
pizza: a flat round bread baked with tomato and cheese | from dough | savoury | - | a crust | dish
hamburger: a bun with a slice of meat inside | from bread and meat | savoury | - | a bun | dish
fries: thin fried sticks of potato | from potatoes | salty | yellow | - | dish
doughnut: a sweet ring of fried dough | from dough | sweet | - | a hole | dessert
cookie: a small flat sweet from the oven | from flour and butter | sweet | brown | - | dessert
cake: a baked sweet for birthdays | from flour and eggs | sweet | - | icing | dessert
ice cream: a frozen sweet in a cone | from milk and sugar | sweet | white | a cone | dessert`,
  },
  vehicle: {
    columns: ["definition", "travels", "carries", "wheels", "part", "driver"],
    rows: `
car: a small road vehicle with an engine | on the road | a few people | four | a steering wheel | a driver
bus: a big road vehicle with many seats | on the road | many people | - | many seats | a bus driver
tractor: a strong vehicle for farm work | in the fields | hay and tools | four | huge back wheels | a farmer
bicycle: a vehicle with pedals and no engine | on paths and roads | one person | two | pedals | a cyclist
train: a row of wagons that runs on rails | on rails | many people | - | wagons | a train driver
airplane: a flying machine with long fixed wings | in the air | many people | - | long wings | a pilot
helicopter: a flying machine with a rotor on top | in the air | a few people | - | a rotor | a pilot
rocket: a vehicle that flies to space | into space | astronauts | no wheels | a nose cone | an astronaut
sailboat: a boat that is moved by the wind | on water | a few people | no wheels | a sail | a sailor`,
  },
  tool: {
    columns: ["definition", "use", "material", "part", "user"],
    rows: `
hammer: a tool with a heavy head for nails | hit nails | steel and wood | a handle | a carpenter
scissors: a tool with two blades | cut paper | steel | two blades | a tailor
key: a small piece of metal for a lock | open a lock | metal | teeth | -
light bulb: a glass bulb that shines | light a room | glass | a screw base | an electrician
umbrella: a folding roof that you carry in your hand | stay dry in the rain | cloth | a handle | -
clock: a machine that shows the hours | tell the time | - | hands | -
camera: a machine with a lens | take pictures | - | a lens | a photographer
guitar: an instrument with strings and a long neck | play a song | wood | six strings | a guitarist
drum: a round instrument that is hit with sticks | beat a rhythm | - | a tight skin | a drummer
bell: a hollow metal cup that rings | call people | metal | a clapper | -
book: many pages with words between covers | read a story | paper | pages | a reader
pencil: a thin stick that draws grey lines | write and draw | wood | a tip | an artist
balloon: a thin bag that is blown up with air | decorate a party | rubber | a knot | -
gift: a present in wrapping paper | surprise a friend | - | a ribbon | -
ball: a round toy that rolls and bounces | play a game | leather | - | a player`,
  },
  plant: {
    columns: ["definition", "grows", "needs", "colour", "part"],
    rows: `
cactus: a prickly plant that stores water | in the desert | little water | green | spines
palm tree: a tall tree without branches | on warm coasts | a lot of sun | green | fronds
pine tree: a tree with needles and cones | in cool forests | - | green | needles
sunflower: a tall flower that turns to the sun | in sunny fields | a lot of sun | yellow | seeds`,
  },
  weather: {
    columns: ["definition", "seen", "colour", "part", "effect"],
    rows: `
sun: the star that gives us light | by day | yellow | - | warms the earth
cloud: a mass of tiny drops of water in the sky | before rain | white | tiny drops | brings rain
snowflake: a tiny crystal of ice | in winter | white | six arms | melts in the hand
rainbow: a coloured arc in the sky | after rain | - | seven colours | -
moon: a ball of rock that goes around the earth | at night | - | craters | moves the tides
snowman: a figure that children build from snow | in winter | white | a carrot for a nose | melts in spring
fire: hot flames that burn | where something burns | orange | flames | gives heat`,
  },
  place: {
    columns: ["definition", "use", "part"],
    rows: `
house: a building where people live | live in | a roof`,
  },
};

export const facts: readonly Fact[] = Object.values(tables).flatMap(({ columns, rows }) =>
  rows
    .trim()
    .split("\n")
    .flatMap((line) => {
      const [thing = "", rest = ""] = line.split(": ");
      const values = rest.split(" | ");
      if (values.length !== columns.length || !things.some(({ name }) => name === thing)) {
        throw new Error(`facts: expected a thing and ${columns.length} values, got ${JSON.stringify(line)}`);
      }
      return columns
        .map((relation, i) => ({ thing, relation, value: values[i]! }))
        .filter(({ value }) => value !== "-");
    }),
);

/** Of animals and vehicles: which fly. */
export const flying: ReadonlySet<string> = new Set(
  ["owl", "duck", "butterfly", "bee", "airplane", "helicopter", "rocket"], // prettier-ignore
);
